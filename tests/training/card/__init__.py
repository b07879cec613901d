"""Tests of training/card."""
