"""Tests of training/reader."""
