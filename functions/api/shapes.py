"""The shapes in which NumPy and its kin write one image, brought to rows of numbers."""

from typing import Final

from digits.errors import InvalidPixels

SIDE: Final = 28  # of the square that 784 numbers are


def to_rows(value: object) -> object:
    """Bring (784), (h, w, 1), and either with one or two axes of 1 before, to rows of numbers.

    Booleans become numbers, too. Anything else comes back as it is, for digits.pixels.from_pixels to refuse.

    Raises:
        InvalidPixels: they are numbers in one row, but not 784.
    """
    value = _without_leading(value)
    match value:
        case [int() | float(), *_] if len(value) != SIDE**2:
            raise InvalidPixels(f"Numbers in one row must be {SIDE**2}, of 28×28. Received: {len(value)}")
        case [int() | float(), *_]:
            value = [value[start : start + SIDE] for start in range(0, SIDE**2, SIDE)]
        case [[[_], *_], *_]:
            value = [_cells(row) for row in value]
    match value:
        case [[bool(), *_], *_]:
            value = [_numbers(row) for row in value]
    return value


def _without_leading(value: object) -> object:
    """Take away the axes of batch and channels, (1, h, w), (1, 1, h, w) or (1, 784), where they are."""
    for _ in range(2):
        match value:
            case [[[_, *_], *_] as only]:
                value = only
            case [[int() | float(), *_] as only] if len(only) == SIDE**2:
                value = only
    return value


def _cells(row: object) -> object:
    """Take the one number out of each cell of a row."""
    if not isinstance(row, list):
        return row
    return [cell[0] if isinstance(cell, list) and len(cell) == 1 else cell for cell in row]


def _numbers(row: object) -> object:
    """Make numbers of booleans."""
    if not isinstance(row, list):
        return row
    return [int(cell) if isinstance(cell, bool) else cell for cell in row]
