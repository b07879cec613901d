"""What can go wrong while a digit is read; each caller turns these into its own kind of answer."""


class DigitsError(Exception):
    """The root of every error that this package raises on purpose."""


class InvalidPixels(DigitsError):
    """Raised when a matrix of numbers is not an image: wrong shape, ragged, not finite or out of range."""


class InvalidBase64(DigitsError):
    """Raised when text that should carry an image is not base64."""


class InvalidImage(DigitsError):
    """Raised when bytes are no image we read: unknown or disallowed format, truncated, corrupted, too small."""


class ImageTooLarge(DigitsError):
    """Raised, from the header alone, when an image has more pixels than the limit."""


class ArtefactError(DigitsError):
    """Raised at start-up when the model's files are missing, altered, or not the ones model.json describes."""
