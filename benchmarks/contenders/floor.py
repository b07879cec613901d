"""The least that a digit takes: FastAPI, Mangum and the network, nothing validated."""

from pathlib import Path
from typing import Any

import numpy as np
from fastapi import FastAPI, Request
from mangum import Mangum

import digits
from digits.model import Model

app = FastAPI()
model = Model.load(Path(digits.__file__).parents[2] / "model")


@app.post("/predict")
async def predict(request: Request) -> dict[str, Any]:
    """Hand the numbers to the network as they are."""
    rows = np.array((await request.json())["data"], np.uint8)
    probabilities = model.predict(rows[np.newaxis])[0]
    return {"prediction": str(probabilities.argmax()), "probabilities": probabilities.tolist()}


handler = Mangum(app, lifespan="off")
