"""The errors of a batch; Step Functions knows an exception by its class's name."""

from digits.errors import DigitsError


class InvalidBatch(Exception):
    """Raised when an event is not a batch that this function can answer; trying again does not help."""


class BatchUnfinished(Exception):
    """Raised when a worker's time runs out within a batch or a shard; the next attempt goes on from there."""


class StorageDenied(Exception):
    """Raised when S3 refuses what no item is to blame for: permissions, encryption keys, buckets."""


class StorageThrottled(Exception):
    """Raised when S3 still asks to slow down after the SDK's own attempts."""


class StorageUnavailable(Exception):
    """Raised when S3 still fails, is silent or breaks off after several attempts."""


class ItemsLost(Exception):
    """Raised when a run's results do not account for every item that it listed."""


class ItemError(DigitsError):
    """Raised when one item cannot be read, and the fault is the item's: it gets a row that says so."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
