"""The least that FastAPI and Mangum can do: a constant."""

from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()


@app.post("/predict")
async def predict() -> dict[str, str]:
    """Answer without looking."""
    return {"prediction": "5"}


handler = Mangum(app, lifespan="off")
