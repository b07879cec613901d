"""`python -m digits_client` is the command `digits`."""

from digits_client.cli import app

app(prog_name="digits")
