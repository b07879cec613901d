"""Tests of what people read: the drawing page, README and docs."""
