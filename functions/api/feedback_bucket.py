"""A bucket of corrections, which its writer cannot read; imported with the first correction."""

import random
from datetime import UTC, datetime
from time import monotonic
from typing import Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from api.feedback import Correction, refuse

PREFIX: Final = "feedback/"  # of every key
TRIES: Final = 8  # at a free slot; of a day that is 90 % full, 43 % of the corrections find none in so many
PAUSE: Final = 600  # seconds without a try once a correction found none, as S3 bills each one
CONNECT_TIMEOUT: Final = 2  # seconds; S3 answers within milliseconds, and a request may take 15 seconds
READ_TIMEOUT: Final = 3  # seconds
ATTEMPTS: Final = 2  # at one call, so that a silent S3 ends as an answer and not as a timeout
# What S3 answers where the key is taken, or being taken at this moment.
_TAKEN: Final = {"PreconditionFailed", "ConditionalRequestConflict"}


class Bucket:
    """A bucket below whose PREFIX corrections are put, so many a day; nothing is ever read there."""

    def __init__(self, name: str, daily: int) -> None:
        """Keep at most `daily` pictures a day, by UTC, whatever number of functions puts them."""
        self._name, self._daily = name, daily
        self._open_at = 0.0  # by the clock of monotonic()
        self._client = boto3.client(
            "s3",
            config=Config(
                connect_timeout=CONNECT_TIMEOUT,
                read_timeout=READ_TIMEOUT,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            ),
        )

    def keep(self, correction: Correction) -> None:
        """Keep a picture; of the same one under two classes, its reader takes the newer (jobs/feedback.py).

        Raises:
            Problem: the day's slots are taken, or all that were tried.
        """
        self._admit()
        self._client.put_object(
            Bucket=self._name,
            Key=f"{PREFIX}{correction.label}/{correction.name}.png",
            Body=correction.file,
            ContentType="image/png",
        )

    def _admit(self) -> None:
        """Take one of the day's slots: empty objects that can be put once, which needs no right to read."""
        wait = self._open_at - monotonic()
        if wait <= 0 and not self._take_any():
            wait = PAUSE
            self._open_at = monotonic() + wait
        if wait > 0:
            raise refuse(f"At most {self._daily:,} corrections a day are kept. Received: more", wait)

    def _take_any(self) -> bool:
        slots = random.sample(range(self._daily), min(TRIES, self._daily))
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        return any(self._take(f"{PREFIX}slots/{day}/{slot}") for slot in slots)

    def _take(self, key: str) -> bool:
        try:
            self._client.put_object(Bucket=self._name, Key=key, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] in _TAKEN:
                return False
            raise
        return True
