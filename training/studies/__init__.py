"""Comparisons behind decisions; nothing imports them."""
