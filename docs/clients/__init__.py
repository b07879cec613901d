"""Other projects' clients against this service; `make clients` runs them and writes docs/clients.md."""
