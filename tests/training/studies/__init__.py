"""Tests of training/studies."""
