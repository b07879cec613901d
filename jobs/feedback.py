"""The command that brings a bucket's corrections down into folders that tuning takes: `make feedback`."""

import argparse
import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from tqdm import tqdm

from jobs.stack import find_output

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

PREFIX = "feedback/"
LABELS = (*map(str, range(10)), "none")
THREADS = 16  # each object is some kilobytes, so that the time goes into waiting
MAX_BYTES = 20_000_000  # of an object; a picture of 4 megapixels has 16 MB at most, raw
_KEY = re.compile(rf"{PREFIX}({'|'.join(LABELS)})/([0-9a-f]{{64}})\.png")


@dataclass(frozen=True)
class Correction:
    """An object of the bucket whose key is that of a correction."""

    key: str
    label: str
    name: str  # sha256 of the file, as its key says
    time: float  # of its putting, in seconds since 1970

    def place(self, folder: Path) -> Path:
        """Return where the file lies below a folder."""
        return folder / self.label / f"{self.name}.png"


@dataclass(frozen=True)
class Summary:
    """The outcome of a run."""

    fetched: int
    present: int  # that lay in the folder before
    foreign: tuple[str, ...]  # keys below PREFIX that are not a correction's
    damaged: tuple[str, ...]  # keys whose files are not what their names say

    def describe(self, folder: Path) -> str:
        """Return the summary in words."""
        lines = [f"{self.fetched} corrections fetched into {folder}, {self.present} were there."]
        lines += [f"Left out, not a correction: {key!a}" for key in self.foreign]
        lines += [f"Left out, the file is not the one that its name says: {key!a}" for key in self.damaged]
        if self.fetched or self.present:
            lines.append(
                f"Look through them, move what is in the wrong folder, then: make tune IMAGES={folder}"
            )
        return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its flags are in --help."""
    options = _parse(arguments)
    try:
        bucket = options.bucket or find_bucket(options.stack)
        summary = bring(_connect(), bucket, options.into)
    except (BotoCoreError, ClientError, LookupError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        print("Stopped; the same command goes on from here.", file=sys.stderr)  # noqa: T201
        return 130
    print(summary.describe(options.into))  # noqa: T201
    return 1 if summary.damaged else 0


def find_bucket(stack: str) -> str:
    """Return the name of a stack's bucket of corrections.

    Raises:
        LookupError: the stack takes no corrections.
    """
    otherwise = "takes no corrections; deploy it with PARAMETERS=FeedbackBucket=CREATE."
    return find_output(boto3.client("cloudformation"), stack, "FeedbackBucketName", otherwise)


def bring(client: "S3Client", bucket: str, folder: Path) -> Summary:
    """Bring the corrections that a folder lacks down into it, each under the class that was said last.

    A file that lies in the folder, under whatever class, stays as long as nobody has sent it since: somebody
    may have looked at it and moved it.

    Raises:
        OSError: the folder cannot be written.
        ClientError, BotoCoreError: the bucket cannot be read.
    """
    foreign: list[str] = []
    newest = list(_newest(_list(client, bucket, foreign)))
    lying = {path.stem: path for label in LABELS for path in (folder / label).glob("*.png")}
    missing = [one for one in newest if one.name not in lying or lying[one.name].stat().st_mtime < one.time]
    damaged = []
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            outcomes = pool.map(lambda one: _fetch(client, bucket, one), missing)
            for one, file in tqdm(zip(missing, outcomes, strict=True), total=len(missing), unit="picture"):
                if file is None:
                    damaged.append(one.key)
                else:
                    _store(one, file, folder, lying.get(one.name))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return Summary(len(missing) - len(damaged), len(newest) - len(missing), tuple(foreign), tuple(damaged))


def _list(client: "S3Client", bucket: str, foreign: list[str]) -> Iterator[Correction]:
    """Yield the corrections of a bucket; other keys below its classes go into `foreign`."""
    pages = client.get_paginator("list_objects_v2")
    for label in LABELS:
        for page in pages.paginate(Bucket=bucket, Prefix=f"{PREFIX}{label}/"):
            for each in page.get("Contents", []):
                found = _KEY.fullmatch(each["Key"])
                if found is None or each["Size"] > MAX_BYTES:
                    foreign.append(each["Key"])
                else:
                    yield Correction(each["Key"], found[1], found[2], each["LastModified"].timestamp())


def _newest(corrections: Iterable[Correction]) -> Iterable[Correction]:
    """Return each picture once, under the class that was said last."""
    newest: dict[str, Correction] = {}
    for one in corrections:
        if one.name not in newest or newest[one.name].time < one.time:
            newest[one.name] = one
    return newest.values()


def _fetch(client: "S3Client", bucket: str, one: Correction) -> bytes | None:
    """Return the file of a correction, or None where it is another than its name says."""
    file = client.get_object(Bucket=bucket, Key=one.key)["Body"].read()
    return file if hashlib.sha256(file).hexdigest() == one.name else None


def _store(one: Correction, file: bytes, folder: Path, earlier: Path | None) -> None:
    """Write a file in whole, with the time of its putting; an earlier class of it is given up."""
    place = one.place(folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(".part")
    part.write_bytes(file)
    os.utime(part, (one.time, one.time))
    part.replace(place)
    if earlier and earlier != place:
        earlier.unlink()


def _connect() -> "S3Client":
    return boto3.client("s3", config=Config(max_pool_connections=THREADS, retries={"mode": "standard"}))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m jobs.feedback", description="Bring corrections down.")
    parser.add_argument("into", type=Path, help="folder that takes them, in folders 0 to 9 and none")
    parser.add_argument("--bucket", help="bucket that has them, instead of the stack's")
    parser.add_argument("--stack", default="digits", help="name of the deployed stack (default: digits)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
