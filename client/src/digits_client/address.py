"""The server's address."""

import httpx

from digits_client.errors import InvalidAddress

DEFAULT = "http://127.0.0.1:8000"


def base_url(server: str) -> httpx.URL:
    """Bring any usual way to write a server's address to a base URL that ends with one slash.

    The scheme may be missing (http then), slashes may end it, and a path, such as an API's stage, is kept.

    Raises:
        InvalidAddress: not an http or https URL.
    """
    text = server.strip()
    try:
        url = httpx.URL(text if "://" in text else f"http://{text}")
    except httpx.InvalidURL as error:
        raise InvalidAddress(f"The server's address is no URL: {error}. Received: {server!r}") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise InvalidAddress(f"The server's address must be an http or https URL. Received: {server!r}")
    return url.copy_with(path=f"{url.path.rstrip('/')}/", query=None, fragment=None)
