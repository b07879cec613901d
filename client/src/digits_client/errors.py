"""The errors between a picture and its reading."""


class DigitsClientError(Exception):
    """The root of every error that this package raises on purpose."""


class InvalidAddress(DigitsClientError):
    """Raised when a server's address is no http or https URL."""


class Unreachable(DigitsClientError):
    """Raised when no answer came, after all attempts."""


class Refused(DigitsClientError):
    """Raised when the server answers with an error that is not about one picture; `status` is HTTP's."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{detail} (HTTP {status})")
        self.status, self.detail = status, detail


class ImageRefused(DigitsClientError):
    """Raised, or given as a picture's outcome, when the server cannot read that picture."""


class ImageUnreadable(DigitsClientError):
    """Raised, or given as a picture's outcome, when the picture cannot be had on this side."""


class DatasetError(DigitsClientError):
    """Raised when MNIST cannot be fetched, or a file is not MNIST."""
