"""The digits package in engines for large data; docs/bulk.md shows them, `make engines` runs them."""
