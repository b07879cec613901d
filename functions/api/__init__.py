"""The HTTP function: FastAPI behind Mangum."""
