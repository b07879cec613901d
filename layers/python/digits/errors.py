"""The errors of reading digits; each caller turns them into its own form of answer."""

_SHOWN = 40  # characters of a received value that a message repeats
_MEMBERS = 10  # names of an object's members that a message repeats


class DigitsError(Exception):
    """The root of every error that this package raises on purpose."""

    kind: str = "internal"  # its name in answers, rows and logs


class InvalidPixels(DigitsError):
    """Raised when a matrix of numbers is not an image: wrong shape, ragged, not finite or out of range."""

    kind = "invalid-pixels"


class InvalidBase64(DigitsError):
    """Raised when text that should carry an image is not base64."""

    kind = "invalid-base64"


class InvalidImage(DigitsError):
    """Raised when bytes are no image we read: unknown format, truncated, corrupted or too small."""

    kind = "invalid-image"


class ImageTooLarge(DigitsError):
    """Raised, from the header alone, when an image has more pixels than the limit."""

    kind = "image-too-large"


class TooManyDigits(DigitsError):
    """Raised when a picture has more digits than one answer may hold."""

    kind = "too-many-digits"


class ArtefactError(DigitsError):
    """Raised at start-up when the model's files are missing, altered or not what model.json describes."""


def received(value: object) -> str:
    """Name a JSON value as the end of an error message does: in JSON's words, short and in plain ASCII."""
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case str() if len(value) > _SHOWN:
            return f"{value[:_SHOWN]!a}… ({len(value)} characters)"
        case int() if value.bit_length() > 128:
            return f"an integer of {value.bit_length()} bits"
        case list():
            return f"an array of {len(value)}"
        case dict():
            return f"an object with {len(value)} members"
        case _:
            return ascii(value)


def received_members(value: object) -> str:
    """Name a JSON object by its members, anything else as received() does."""
    if not isinstance(value, dict):
        return received(value)
    return f"an object with the members [{', '.join(map(received, sorted(map(str, value))[:_MEMBERS]))}]"
