"""Tests of digits."""
