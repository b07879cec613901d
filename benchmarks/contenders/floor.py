"""The least that a digit takes: FastAPI, Mangum and one bare LiteRT invocation, nothing validated."""

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from fastapi import FastAPI, Request
from mangum import Mangum

import digits

MODEL = Path(digits.__file__).parents[2] / "model" / "digits.tflite"

app = FastAPI()
interpreter = Interpreter(model_path=str(MODEL), num_threads=1)
interpreter.allocate_tensors()
entry = interpreter.get_input_details()[0]["index"]
exit_ = interpreter.get_output_details()[0]["index"]


@app.post("/predict")
async def predict(request: Request) -> dict[str, Any]:
    """Hand the numbers to the network as they are."""
    rows = np.array((await request.json())["data"], np.float32)
    interpreter.set_tensor(entry, rows.reshape(1, 28, 28, 1) / 255)
    interpreter.invoke()
    probabilities = interpreter.get_tensor(exit_)[0]
    return {"prediction": str(probabilities.argmax()), "probabilities": probabilities.tolist()}


handler = Mangum(app, lifespan="off")
