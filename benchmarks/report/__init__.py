"""Results, and the tables, plots and prices made of them."""
