"""Speed and price of the bulk worker."""
