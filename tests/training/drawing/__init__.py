"""Tests of training/drawing."""
