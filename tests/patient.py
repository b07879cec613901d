"""HTTP requests that wait as long as a busy machine may need; by itself httpx gives up after 5 seconds."""

from functools import partial

import httpx

PATIENCE = 120  # seconds
get = partial(httpx.get, timeout=PATIENCE)
post = partial(httpx.post, timeout=PATIENCE)
request = partial(httpx.request, timeout=PATIENCE)
