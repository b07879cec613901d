"""Base64 in every common spelling is read, anything else refused with what came."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digits.base64_text import decode_base64
from digits.errors import InvalidBase64
from tests.samples.drawings import as_text

DATA = bytes(range(256))


@pytest.mark.parametrize(
    "text",
    [
        as_text(DATA),
        as_text(DATA).rstrip("="),
        base64.urlsafe_b64encode(DATA).decode(),
        base64.urlsafe_b64encode(DATA).decode().rstrip("="),
        base64.encodebytes(DATA).decode(),
        f"data:image/png;base64,{as_text(DATA)}",
        f"data:image/png;name=a,b.png; base64 ,{as_text(DATA)}",
        f"data:image/png;base64,{as_text(DATA).replace('+', '%2B').replace('=', '%3D')}",
        f"DATA:image/svg+xml;charset=utf-8;BASE64,{as_text(DATA)}",
        f"  {as_text(DATA)}\r\n",
    ],
    ids=[
        "standard",
        "unpadded",
        "url-safe",
        "url-safe unpadded",
        "lines",
        "data url",
        "data url with a name",
        "escaped data url",
        "long data url",
        "spaces",
    ],
)
def test_every_common_spelling_is_read(text: str) -> None:
    assert decode_base64(text) == DATA


@given(st.binary(min_size=1))
def test_what_is_encoded_comes_back(data: bytes) -> None:
    assert decode_base64(as_text(data)) == data


@pytest.mark.parametrize(
    "text", ["!!!!", "abcde", "ab=c", "päng", "a", "data:image/png,abcd", "data:;base64"]
)
def test_what_is_not_base64_is_refused_with_what_came(text: str) -> None:
    with pytest.raises(InvalidBase64, match="base64. Received: "):
        decode_base64(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/seven",
        "//a.example/b.png",
        "file:///a",
        "blob:null/8",
        "C:\\a.jpeg",
        "../a.PNG ",
    ],
)
def test_a_name_or_an_address_is_not_opened(text: str) -> None:
    with pytest.raises(InvalidBase64, match="Names and addresses are not opened: send the file. Received: "):
        decode_base64(text)


@pytest.mark.parametrize("text", ["", "   ", "data:image/png;base64,", "===="])
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidBase64, match="empty"):
        decode_base64(text)


@given(st.text())
def test_any_text_gives_bytes_or_a_clear_refusal(text: str) -> None:
    try:
        assert decode_base64(text)
    except InvalidBase64 as error:
        assert "Received: " in str(error)  # noqa: PT017
