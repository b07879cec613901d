"""Drawings of digits and of what is no digit, by our own pen; nothing here knows of training."""
