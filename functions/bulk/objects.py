"""Objects in S3: fetched ahead of the reader, a bounded number at a time; and whose fault a failure is."""

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import boto3
import urllib3
from botocore import UNSIGNED
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from bulk.errors import ItemError, StorageDenied, StorageThrottled, StorageUnavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Seconds. S3 answers within milliseconds; a connection that is silent for this long is lost.
CONNECT_TIMEOUT = 3
READ_TIMEOUT = 5
REQUEST_ATTEMPTS = 4  # at one request, with backoff
BODY_ATTEMPTS = 3  # at one object whose body breaks off

# Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_ITEM_FAULTS = {
    "NoSuchKey": ("missing", "The bucket holds no object of this key."),
    "KeyTooLongError": ("missing", "No object can have so long a key."),
    "InvalidObjectState": ("archived", "The object is archived; restore it first."),
}
_THROTTLES = {"SlowDown", "RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequests"}
_TRANSIENT = {429, 500, 502, 503, 504}


def connect() -> "S3Client":
    """Make a client. AWS_ENDPOINT_URL_S3, if set, is where it connects to."""
    return boto3.client(
        "s3",
        config=Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"mode": "standard", "total_max_attempts": REQUEST_ATTEMPTS},
        ),
    )


class Bucket:
    """A bucket to get objects from, by several threads.

    It signs with botocore and connects with urllib3, as the SDK itself does, but leaves out the SDK's model
    of S3: that takes three times as much processor time as the rest, and more than reading the picture.
    """

    def __init__(self, name: str, connections: int) -> None:
        """Prepare up to `connections` connections, with the credentials, region and endpoint of the SDK."""
        session = boto3.Session()
        client = session.client("s3", config=Config(signature_version=UNSIGNED))
        # The SDK says which address a bucket has: by its region, style, endpoint and settings.
        address = urlsplit(client.generate_presigned_url("get_object", {"Bucket": name, "Key": "key"}))
        self._base = f"{address.scheme}://{address.netloc}"
        self._root = address.path.removesuffix("key")
        self._credentials = session.get_credentials()
        self._region = client.meta.region_name
        self._pool = urllib3.connection_from_url(
            self._base,
            maxsize=connections,
            block=True,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT),
            retries=urllib3.Retry(
                REQUEST_ATTEMPTS - 1,
                redirect=False,
                status_forcelist=_TRANSIENT,
                backoff_factor=0.2,
                backoff_jitter=0.2,
                raise_on_status=False,
            ),
        )

    def get(self, key: str, max_bytes: int) -> bytes:
        """Get an object whole; one of more than `max_bytes` is told by its header and not read.

        Raises:
            ItemError: the object is missing, archived or too large.
            StorageDenied, StorageThrottled, StorageUnavailable: the batch as a whole has to be tried again.
        """
        for remaining in reversed(range(BODY_ATTEMPTS)):
            with closing(self._ask(key)) as answer:
                if (size := int(answer.headers["Content-Length"])) > max_bytes:
                    detail = f"An object may have {max_bytes:,} bytes. Received: {size:,}"
                    raise ItemError("object-too-large", detail)
                try:
                    return answer.read(decode_content=False)
                except HTTPError as error:
                    if not remaining:
                        raise StorageUnavailable(f"S3 breaks off the object {key!a}: {error!r}") from error
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _ask(self, key: str) -> urllib3.BaseHTTPResponse:
        """Ask for an object and return S3's answer if it is one, its body not read yet."""
        if self._credentials is None:
            raise StorageDenied(f"There are no credentials to ask for the object {key!a} with")
        target = self._root + quote(key, safe="/~")
        request = AWSRequest("GET", self._base + target)
        S3SigV4Auth(self._credentials, "s3", self._region).add_auth(request)
        try:
            answer = self._pool.urlopen("GET", target, headers=dict(request.headers), preload_content=False)
            if answer.status == HTTPStatus.OK:
                return answer
            with closing(answer):
                found = re.search(rb"<Code>([\w.]+)</Code>", answer.read())
        except HTTPError as error:
            raise StorageUnavailable(f"S3 is not there for the object {key!a}: {error!r}") from error
        raise _explain(found[1].decode() if found else "no code", answer.status, key)


def store(client: "S3Client", bucket: str, key: str, content: bytes, media_type: str) -> None:
    """Put an object; one of the same key is replaced.

    Raises:
        StorageDenied, StorageThrottled, StorageUnavailable: as for `Bucket.get`.
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
        metadata = error.response["ResponseMetadata"]
        raise _explain(error.response["Error"]["Code"], metadata["HTTPStatusCode"], key) from error
    except BotoCoreError as error:
        raise StorageUnavailable(f"S3 is not there for the object {key!a}: {error!r}") from error


def _explain(code: str, status: int, key: str) -> Exception:
    """Tell whose fault a refusal is."""
    if code in _ITEM_FAULTS:
        return ItemError(*_ITEM_FAULTS[code])
    if code.removeprefix("KMS.") in _THROTTLES or status in {429, 503}:
        return StorageThrottled(f"S3 asks to slow down at the object {key!a}: {code}")
    if status >= 500:
        return StorageUnavailable(f"S3 failed at the object {key!a}: {code}, status {status}")
    return StorageDenied(f"S3 refuses the object {key!a}: {code}, status {status}")
