"""What every format's module gives: a file cut down to its first picture, and the work that it takes."""

from dataclasses import dataclass

MAX_PARTS = 4096  # JPEG segments, PNG and WebP chunks, a 6 MB PNG of 2 KB chunks has 3,000


@dataclass(frozen=True)
class Trimmed:
    """A file without what is not needed to decode its first picture."""

    data: bytes
    work: int = 0  # that its parts take beside its pixels, in pixels that take as long
