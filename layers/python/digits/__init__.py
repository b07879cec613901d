"""Reads handwritten digits: bytes to pixels, pixels to MNIST's format, MNIST's format to an answer."""
