"""Base64 text and data URLs to the bytes of a file."""

import binascii
import re
from urllib.parse import unquote

from digits.errors import InvalidBase64, received

# What somebody sends who has a file's name or address in hand: https://…, C:\\…, or something.png.
MAX_NAME = 2048  # characters; longer ones are none
_NAME = re.compile(r"\A\s*(?!data:)[a-z][a-z0-9+.-]*:|\.[a-z]{3,4}\s*\Z", re.IGNORECASE)


def decode_base64(text: str) -> bytes:
    """Decode base64, standard or URL-safe, padded or not, with or without a `data:…;base64,` prefix.

    Source: RFC 4648 (alphabets), RFC 2397 (data URLs).

    Raises:
        InvalidBase64: anything else, an empty text among it.
    """
    payload = _data(text) if text[:5].lower() == "data:" else text
    payload = "".join(payload.split()).rstrip("=").replace("-", "+").replace("_", "/")
    if not payload:
        raise InvalidBase64(f"The image is empty. Received: {received(text)}")
    try:
        return binascii.a2b_base64(payload + "=" * (-len(payload) % 4), strict_mode=True)
    except ValueError:
        advice = (
            " Names and addresses are not opened: send the file." if _NAME.search(text[:MAX_NAME]) else ""
        )
        raise InvalidBase64(f"The image is not base64.{advice} Received: {received(text)}") from None


def _data(url: str) -> str:
    """Return the base64 of a data URL, whose parameters may hold commas and whose rest may be escaped."""
    head, comma, payload = url.rpartition(",")
    if not comma or not head.replace(" ", "").lower().endswith(";base64"):
        raise InvalidBase64(f"A data URL must hold base64. Received: {received(url)}")
    return unquote(payload) if "%" in payload else payload
