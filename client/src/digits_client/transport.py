"""The one way to the server: a request goes out, and an answer of bounded size and time comes back."""

import asyncio

import httpx

from digits_client.errors import Refused

MAX_ANSWER = 16_000_000  # bytes, packed and unpacked: 2,000 digits of a page take less than one million
# Codings that unpack one network read at a time to no more than 1,000 times its size; none was asked for.
_CODINGS: tuple[list[str], ...] = ([], ["identity"], ["gzip"], ["deflate"])
# Headers that are true of the answer as it came. Its text is JSON in UTF-8, whatever charset a server names.
_DROPPED = {"content-encoding", "content-length", "content-type"}


class Transport:
    """Connections to a server, kept open between requests."""

    def __init__(self, timeout: float) -> None:
        """Set up; nothing is opened yet. `timeout` is in seconds, of a whole request with its answer."""
        self._timeout = timeout
        self._http: httpx.AsyncClient | None = None

    async def send(self, request: httpx.Request) -> httpx.Response | httpx.TransportError:
        """Return the whole answer, or the error that came instead.

        Raises:
            Refused: the answer has more than MAX_ANSWER bytes.
        """
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=self._timeout)
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._http.send(request, stream=True)
                try:
                    return await _whole(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            return httpx.ReadTimeout(f"no whole answer within {self._timeout:g} seconds", request=request)
        except httpx.TransportError as error:
            return error
        except (
            httpx.DecodingError,
            httpx.InvalidURL,
            ValueError,
        ):  # the last two of headers, such as Location
            return httpx.RemoteProtocolError("the answer's encoding is broken", request=request)

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None


async def _whole(response: httpx.Response) -> httpx.Response:
    """Read an answer to its end, unless it is too long, and return it unpacked."""
    codings = response.headers.get_list("content-encoding", split_commas=True)
    if [each.lower() for each in codings] not in _CODINGS:
        raise httpx.DecodingError("the answer is packed in another way", request=response.request)
    chunks, size = [], 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if max(size, response.num_bytes_downloaded) > MAX_ANSWER:
            raise Refused(response.status_code, f"The answer has more than {MAX_ANSWER:,} bytes.")
        chunks.append(chunk)
    headers = [each for each in response.headers.multi_items() if each[0] not in _DROPPED]
    return httpx.Response(
        response.status_code, headers=headers, content=b"".join(chunks), request=response.request
    )
