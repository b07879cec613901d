"""Tests of the Lambda image; most need Docker."""
