"""Tests of digits/containers."""
