"""Objects in S3: fetched ahead of the reader, a bounded number at a time; and whose fault a failure is."""

import io
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.response import StreamingBody

from bulk.errors import ItemError, StorageDenied, StorageThrottled, StorageUnavailable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from types_boto3_s3 import S3Client

# Seconds. S3 answers within milliseconds; a connection that is silent for this long is lost.
CONNECT_TIMEOUT = 3
READ_TIMEOUT = 5
REQUEST_ATTEMPTS = 4  # at one request, with backoff
SKIP = 65_536  # bytes that are read and dropped rather than asking anew, which takes about as long
BODY_ATTEMPTS = 3  # at one object whose body breaks off

# Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_ITEM_FAULTS = {
    "NoSuchKey": ("missing", "The bucket holds no object of this key."),
    "PreconditionFailed": ("changed", "The object has changed while it was read."),
    "KeyTooLongError": ("missing", "No object can have so long a key."),
    "InvalidObjectState": ("archived", "The object is archived; restore it first."),
}
_KEY_FAULTS = {"KMS.DisabledException", "KMS.NotFoundException", "KMS.KMSInvalidStateException"}
# S3 says AccessDenied for an object as well as for the key that encrypts it; these words are in the messages
# that are about a key. Where the message is "Access Denied" alone, it does not say which.
_KEY_WORDS = ("kms:", "ciphertext refers to")
_THROTTLES = {"SlowDown", "RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequests"}
# What the SDK raises where a body ends early; it tries a request again by itself, but no body.
_BROKEN_OFF = (FlexibleChecksumError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError)


def connect(connections: int = 10) -> "S3Client":
    """Make a client for up to `connections` threads. AWS_ENDPOINT_URL_S3, if set, is where it connects to."""
    return boto3.client(
        "s3",
        config=Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            max_pool_connections=connections,
            retries={"mode": "standard", "total_max_attempts": REQUEST_ATTEMPTS},
        ),
    )


def fetch(client: "S3Client", bucket: str, key: str, max_bytes: int) -> bytes:
    """Get an object whole; the header alone tells one of more than `max_bytes`, which is not read.

    Raises:
        ItemError: the object is missing, archived, too large, or encrypted with a key that is not to be used.
        StorageDenied, StorageThrottled, StorageUnavailable: the batch as a whole has to be tried again.
    """
    for _ in range(BODY_ATTEMPTS - 1):
        with suppress(*_BROKEN_OFF):
            return _fetch_once(client, bucket, key, max_bytes)
    with _explained(key):
        return _fetch_once(client, bucket, key, max_bytes)


def _fetch_once(client: "S3Client", bucket: str, key: str, max_bytes: int) -> bytes:
    with _explained(key):
        answer = client.get_object(Bucket=bucket, Key=key)
    with closing(answer["Body"]) as body:
        if (size := answer["ContentLength"]) > max_bytes:
            raise ItemError("object-too-large", f"An object may have {max_bytes:,} bytes. Received: {size:,}")
        return body.read()


class ObjectStream(io.RawIOBase):
    """An object of any size as a file: read as it comes, gone on with where it broke off, and sought in.

    Its methods raise as `fetch` does; an object that changes meanwhile is an ItemError.
    """

    def __init__(self, client: "S3Client", bucket: str, key: str, tag: str | None = None) -> None:
        """Ask for nothing yet; with a `tag`, the object must have this ETag."""
        self._client, self._bucket, self._key, self.tag = client, bucket, key, tag
        self._body: StreamingBody | None = None
        self._place = self._size = 0

    def readable(self) -> bool:
        """Say that it is."""
        return True

    def seekable(self) -> bool:
        """Say that it is: ZIP needs it."""
        return True

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; the next read asks for the object from there."""
        if whence == io.SEEK_END and self._body is None:
            self._open()
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        if self._body is not None and 0 < place - self._place <= SKIP:
            self._body.read(place - self._place)
        elif place != self._place:
            self._drop()
        self._place = place
        return place

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read into a buffer, at most as much as it holds; 0 is the end."""
        view = memoryview(buffer).cast("B")
        for _ in range(BODY_ATTEMPTS - 1):
            with suppress(*_BROKEN_OFF):
                return self._read(view)
            self._drop()
        with _explained(self._key):
            return self._read(view)

    def close(self) -> None:
        """Drop the connection."""
        self._drop()
        super().close()

    def _read(self, view: memoryview) -> int:
        if self._body is None:
            self._open()
        if self._body is None:
            return 0
        data = self._body.read(len(view))
        view[: len(data)] = data
        self._place += len(data)
        return len(data)

    def _open(self) -> None:
        """Ask for the object from the place on, if there is anything."""
        if self._size and self._place >= self._size:
            return
        same: dict[str, Any] = {"IfMatch": self.tag} if self.tag else {}
        rest: dict[str, Any] = {"Range": f"bytes={self._place}-"} if self._place else {}
        with _explained(self._key):
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key, **same, **rest)
        self.tag = answer["ETag"]
        self._size = self._place + answer["ContentLength"]
        self._body = answer["Body"]

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
        self._body = None


def load(client: "S3Client", bucket: str, key: str, max_bytes: int = 1 << 20) -> bytes | None:
    """Get an object of our own; None where there is none."""
    try:
        return fetch(client, bucket, key, max_bytes)
    except ItemError as error:
        if error.kind == "missing":
            return None
        raise StorageDenied(f"S3 does not give the worker's own object {key!a}: {error}") from error


def store(client: "S3Client", bucket: str, key: str, content: bytes, media_type: str) -> None:
    """Put an object; one of the same key is replaced.

    Raises:
        StorageDenied, StorageThrottled, StorageUnavailable: as for `fetch`.
    """
    try:
        with _explained(key):
            client.put_object(Bucket=bucket, Key=key, Body=content, ContentType=media_type)
    except ItemError as error:  # there is no item here to blame
        raise StorageDenied(f"S3 does not take the object {key!a}: {error}") from error


def read_lines(client: "S3Client", bucket: str, key: str) -> Iterator[bytes]:
    """Yield the lines of an object of any size, as they come."""
    with _explained(key):
        yield from client.get_object(Bucket=bucket, Key=key)["Body"].iter_lines(1 << 16)


def fetch_ahead(
    get: Callable[[str], bytes], keys: Sequence[str | ItemError], concurrency: int
) -> Generator[bytes | ItemError]:
    """Yield what `get` gives for each key, in order: `concurrency` are under way, as many more wait.

    An ItemError, raised by `get` or given in place of a key, is yielded in its place. Anything else
    that `get` raises is raised here, and what has not begun is not begun.
    """
    pending: deque[Future[bytes] | ItemError] = deque()
    with ThreadPoolExecutor(concurrency) as pool:
        try:
            for key in keys:
                if len(pending) == 2 * concurrency:
                    yield _settle(pending.popleft())
                pending.append(key if isinstance(key, ItemError) else pool.submit(get, key))
            while pending:
                yield _settle(pending.popleft())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _settle(pending: Future[bytes] | ItemError) -> bytes | ItemError:
    try:
        return pending if isinstance(pending, ItemError) else pending.result()
    except ItemError as error:
        return error


@contextmanager
def _explained(key: str) -> Iterator[None]:
    """Raise the SDK's errors as ours."""
    try:
        yield
    except ClientError as error:
        raise _explain(error, key) from error
    except NoCredentialsError as error:
        raise StorageDenied(f"There are no credentials to ask for the object {key!a} with") from error
    except BotoCoreError as error:
        raise StorageUnavailable(f"S3 is not there for the object {key!a}: {error!r}") from error


def _explain(error: ClientError, key: str) -> Exception:
    """Tell whose fault a refusal is."""
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in _ITEM_FAULTS:
        return ItemError(*_ITEM_FAULTS[code])
    if _is_about_a_key(code, error.response["Error"].get("Message", "")):
        return ItemError("key-denied", "The worker may not use the key that encrypts the object.")
    if code.removeprefix("KMS.") in _THROTTLES or status in {429, 503}:
        return StorageThrottled(f"S3 asks to slow down at the object {key!a}: {code}")
    if status >= 500:
        return StorageUnavailable(f"S3 failed at the object {key!a}: {code}, status {status}")
    return StorageDenied(f"S3 refuses the object {key!a}: {code}, status {status}")


def _is_about_a_key(code: str, message: str) -> bool:
    return code in _KEY_FAULTS or (code == "AccessDenied" and any(words in message for words in _KEY_WORDS))
