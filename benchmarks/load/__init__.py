"""Load for minutes, and what it does to memory and to answers."""
