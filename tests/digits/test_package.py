"""The package as other programs use it."""

from digits import load
from events.draw import png


def test_load_gives_a_reader_with_the_trained_model() -> None:
    reader = load()
    assert [reader.one(png(digit)).digit for digit in range(10)] == list(range(10))
