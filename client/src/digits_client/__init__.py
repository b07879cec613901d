"""Client of the Digits service: `Client` and `AsyncClient` for programs, `digits` for the command line."""

from digits_client.client import AsyncClient, Client
from digits_client.errors import DigitsClientError, ImageRefused, ImageUnreadable, Refused, Unreachable
from digits_client.pictures import Picture
from digits_client.readings import Outcome, Reading

__all__ = [
    "AsyncClient",
    "Client",
    "DigitsClientError",
    "ImageRefused",
    "ImageUnreadable",
    "Outcome",
    "Picture",
    "Reading",
    "Refused",
    "Unreachable",
]
