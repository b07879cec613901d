"""Client of the Digits service: `Client` and `AsyncClient` for programs, `digits` for the command line."""

__version__ = "1.1.0"

from digits_client.client import AsyncClient, Client
from digits_client.errors import DigitsClientError, ImageRefused, ImageUnreadable, Refused, Unreachable
from digits_client.pictures import Picture
from digits_client.readings import Digit, Number, Outcome, Page, PageOutcome, Reading

__all__ = [
    "AsyncClient",
    "Client",
    "Digit",
    "DigitsClientError",
    "ImageRefused",
    "ImageUnreadable",
    "Number",
    "Outcome",
    "Page",
    "PageOutcome",
    "Picture",
    "Reading",
    "Refused",
    "Unreachable",
    "__version__",
]
