"""Scores of a model, as it is served."""
