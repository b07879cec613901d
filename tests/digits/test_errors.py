import pytest

from digits.errors import DigitsError, received


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (12, "12"),
        (1.5, "1.5"),
        (float("nan"), "nan"),
        ("abc", "'abc'"),
        ("é\n\ud800", r"'\xe9\n\ud800'"),
        ("x" * 1000, f"'{'x' * 40}'… (1000 characters)"),
        ([1, 2], "an array of 2"),
        ({"a": 1}, "an object with 1 members"),
    ],
)
def test_a_received_value_is_named_in_the_words_of_json(value: object, shown: str) -> None:
    assert received(value) == shown


def test_a_huge_integer_is_not_written_out() -> None:
    assert received(10**100_000) == "an integer of 332193 bits"


def test_every_error_of_the_package_is_of_one_family_and_says_when_it_is_raised() -> None:
    family = [error for error in DigitsError.__subclasses__() if error.__module__ == DigitsError.__module__]
    assert len(family) == 6
    assert all(error.__doc__ and error.__doc__.startswith("Raised") for error in family)
    assert len({error.kind for error in family}) == 6
