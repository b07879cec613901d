"""Measurements of one contender each: starts, warm time, load, imports."""
