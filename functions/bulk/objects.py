"""Objects in S3: fetched ahead of the reader, a bounded number at a time; and whose fault a failure is."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bulk.errors import ItemError, StorageDenied, StorageThrottled, StorageUnavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Seconds. S3 answers within milliseconds; a connection that is silent for this long is lost.
CONNECT_TIMEOUT = 3
READ_TIMEOUT = 5
# Attempts at one request, the SDK's, with backoff; then at one body, ours: the SDK does not ask again
# for a body that breaks off.
REQUEST_ATTEMPTS = 4
BODY_ATTEMPTS = 3

_ITEM_FAULTS = {
    "NoSuchKey": ("missing", "The bucket holds no object of this key."),
    "KeyTooLongError": ("missing", "No object can have so long a key."),
    "InvalidObjectState": ("archived", "The object is archived; restore it first."),
}
_THROTTLES = {"SlowDown", "RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequests"}


def connect(concurrency: int) -> "S3Client":
    """Make a client for `concurrency` threads. AWS_ENDPOINT_URL_S3, if set, is where it connects to."""
    return boto3.client(
        "s3",
        config=Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            max_pool_connections=concurrency,
            retries={"mode": "standard", "total_max_attempts": REQUEST_ATTEMPTS},
        ),
    )


def fetch(client: "S3Client", bucket: str, key: str, max_bytes: int) -> bytes:
    """Get an object whole; one of more than `max_bytes` is told by its header and not read.

    Raises:
        ItemError: the object is missing, archived or too large.
        StorageDenied, StorageThrottled, StorageUnavailable: the batch as a whole has to be tried again.
    """
    for remaining in reversed(range(BODY_ATTEMPTS)):
        with _explained(key):
            answer = client.get_object(Bucket=bucket, Key=key)
        with closing(answer["Body"]) as body:
            if (size := answer["ContentLength"]) > max_bytes:
                detail = f"An object may have {max_bytes:,} bytes. Received: {size:,}"
                raise ItemError("object-too-large", detail)
            try:
                return body.read()
            except BotoCoreError as error:
                if not remaining:
                    raise StorageUnavailable(f"S3 breaks off the object {key!a}: {error!r}") from error
    raise AssertionError("unreachable")


def store(client: "S3Client", bucket: str, key: str, content: bytes, media_type: str) -> None:
    """Put an object; one of the same key is replaced.

    Raises:
        StorageDenied, StorageThrottled, StorageUnavailable: as for `fetch`.
    """
    with _explained(key):
        client.put_object(Bucket=bucket, Key=key, Body=content, ContentType=media_type)


def read_lines(client: "S3Client", bucket: str, key: str) -> Iterator[bytes]:
    """Yield the lines of an object of any size, as they come."""
    with _explained(key):
        yield from client.get_object(Bucket=bucket, Key=key)["Body"].iter_lines(1 << 16)


def fetch_ahead(
    get: Callable[[str], bytes], keys: Sequence[str | ItemError], concurrency: int
) -> Iterator[bytes | ItemError]:
    """Yield what `get` gives for each key, in order, with at most `concurrency` under way or waiting.

    An ItemError, raised by `get` or given in place of a key, is yielded in its place. Anything else
    that `get` raises is raised here, and what has not begun is not begun.
    """
    pending: deque[Future[bytes] | ItemError] = deque()
    with ThreadPoolExecutor(concurrency) as pool:
        try:
            for key in keys:
                if len(pending) == concurrency:
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
    except BotoCoreError as error:
        raise StorageUnavailable(f"S3 is not there for the object {key!a}: {error!r}") from error


def _explain(error: ClientError, key: str) -> Exception:
    """Tell whose fault a refusal is.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    """
    code = error.response["Error"]["Code"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in _ITEM_FAULTS:
        return ItemError(*_ITEM_FAULTS[code])
    if code in _THROTTLES or status in {429, 503}:
        return StorageThrottled(f"S3 asks to slow down at the object {key!a}: {code}")
    if status >= 500:
        return StorageUnavailable(f"S3 failed at the object {key!a}: {code}, status {status}")
    return StorageDenied(f"S3 refuses the object {key!a}: {code}, status {status}")
