"""Tests of every module, of the stack and of the page."""
