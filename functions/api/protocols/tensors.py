"""Tensors of the Open Inference Protocol: to images on their way in, of answers on their way out."""

from collections.abc import Sequence
from itertools import chain
from math import prod
from typing import Any, Final

import numpy as np

from api.problems import Problem
from api.protocols.batch import OUTPUTS
from api.shapes import SIDE
from digits.base64_text import decode_base64
from digits.errors import InvalidBase64, received

Tensor = dict[str, Any]
Element = bytes | str | list[list[float]]  # one image: a file, its base64, or rows of numbers

_DTYPES: Final = {
    "BOOL": "?",
    "UINT8": "u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "INT8": "i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
DATATYPES: Final = (*_DTYPES, "BYTES")  # of images; numbers above 255 are refused, whatever their type


def images(tensor: Tensor, blob: bytes) -> Sequence[Element]:
    """Take the images out of an input tensor.

    Args:
        tensor: as the request's JSON has it; numbers of shape (n, h, w), (n, h, w, 1), (n, 1, h, w) or
            (n, 784), or BYTES of shape (n) or (n, 1), each an image file, in base64 where it stands in JSON;
            one size may be -1, for as many as there are.
        blob: what follows the JSON: the tensor's data, where the tensor has none itself.

    Raises:
        Problem: the members do not fit each other.
    """
    datatype = tensor.get("datatype")
    if datatype not in DATATYPES:
        known = f"The datatype is one of {', '.join(DATATYPES)}."
        raise Problem("invalid-body", f"{known} Received: {received(datatype)}")
    values = _values(tensor, datatype, blob)
    shape = _shape(tensor, len(values))
    if len(values) != prod(shape):
        raise Problem("invalid-body", f"Shape {shape} has {prod(shape)} elements. Received: {len(values)}")
    if datatype == "BYTES":
        if len(shape) != 1 and shape[1:] != [1]:
            raise Problem("invalid-body", f"BYTES have the shape [n] or [n, 1]. Received: {shape}")
        return values
    height, width = _sides(shape)
    rows = [values[start : start + width] for start in range(0, len(values), width)]
    return [rows[start : start + height] for start in range(0, len(rows), height)]


def file_bytes(element: object) -> bytes:
    """Return an image file's bytes; those sent in binary may be the file itself or its base64.

    Raises:
        Problem: not text.
        InvalidBase64: text that is not base64.
    """
    if isinstance(element, bytes):
        try:
            return decode_base64(element.decode("ascii"))
        except (UnicodeDecodeError, InvalidBase64):
            return element
    if not isinstance(element, str):
        raise Problem("invalid-body", f"BYTES in JSON must be base64 text. Received: {received(element)}")
    return decode_base64(element)


def write(name: str, answers: list[Any], binary: bool) -> tuple[Tensor, bytes]:
    """Make an answer's tensor, and its bytes where it is wanted in binary."""
    datatype, tail = OUTPUTS[name]
    tensor: Tensor = {"name": name, "datatype": datatype, "shape": [len(answers), *tail]}
    if not binary:
        return {**tensor, "data": list(chain.from_iterable(answers)) if tail else answers}, b""
    blob = np.array(answers, _DTYPES[datatype]).tobytes()
    return {**tensor, "parameters": {"binary_data_size": len(blob)}}, blob


def raw(body: bytes) -> tuple[Tensor, bytes]:
    """Return the tensor that a body without JSON is, and its data: images of FP32, or else one image file.

    Source: the binary tensor extension, "Raw Binary Request".
    """
    numbers = bool(body) and not len(body) % (4 * SIDE**2)
    blob = body if numbers else len(body).to_bytes(4, "little") + body
    kind = {"datatype": "FP32", "shape": [-1, SIDE, SIDE]} if numbers else {"datatype": "BYTES", "shape": [1]}
    return {**kind, "parameters": {"binary_data_size": len(blob)}}, blob


def _shape(tensor: Tensor, elements: int) -> list[int]:
    """Return the sizes of a tensor's axes; -1 becomes what is left for it of its elements."""
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not 1 <= len(shape) <= 4 or not all(map(_is_size, shape)):
        raise Problem(
            "invalid-body", f'"shape" must be an array of 1 to 4 sizes. Received: {received(shape)}'
        )
    if shape.count(-1) > 1:
        raise Problem("invalid-body", f"One size may be -1. Received: {shape}")
    others = prod(size for size in shape if size != -1)
    return [elements // others if size == -1 and others else size for size in shape]


def _is_size(size: object) -> bool:
    return type(size) is int and -1 <= size < 1 << 31


def _sides(shape: list[int]) -> tuple[int, int]:
    match shape:
        case [_, 784]:
            return SIDE, SIDE
        case [_, height, width] | [_, height, width, 1] | [_, 1, height, width] if height and width:
            return height, width
    taken = "[n, h, w], [n, h, w, 1], [n, 1, h, w] or [n, 784]"
    raise Problem("invalid-body", f"Images have the shape {taken}. Received: {shape}")


def _values(tensor: Tensor, datatype: str, blob: bytes) -> list[Any]:
    """Return a tensor's elements, flat."""
    if tensor.get("data") is not None:
        values = _flatten(tensor["data"])
        return (
            [int(value) if type(value) is bool else value for value in values]
            if datatype == "BOOL"
            else values
        )
    parameters = tensor.get("parameters")
    size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
    if size != len(blob):
        wanted = "The tensor must have data, or binary_data_size and as many bytes after the JSON."
        raise Problem("invalid-body", f"{wanted} Received: {received(size)}, {len(blob)} bytes")
    if datatype == "BYTES":
        return _split(blob)
    dtype = np.dtype(_DTYPES[datatype])
    if len(blob) % dtype.itemsize:
        wanted = f"{datatype} has {dtype.itemsize} bytes an element."
        raise Problem("invalid-body", f"{wanted} Received: {len(blob)} bytes")
    elements = np.frombuffer(blob, dtype)
    return [*(elements.view(np.uint8) if datatype == "BOOL" else elements).tolist()]


def _flatten(data: object) -> list[Any]:
    if not isinstance(data, list):
        raise Problem("invalid-body", f'"data" must be an array. Received: {received(data)}')
    while data and isinstance(data[0], list):
        if bad := [row for row in data if not isinstance(row, list)]:
            raise Problem("invalid-body", f'"data" must be evenly nested. Received: {received(bad[0])}')
        data = list(chain.from_iterable(data))
    return data


def _split(blob: bytes) -> list[bytes]:
    """Split the binary form of BYTES: each element after its length in four bytes, little-endian."""
    elements, start = [], 0
    while start < len(blob):
        stop = start + 4 + int.from_bytes(blob[start : start + 4], "little")
        if stop > len(blob):
            raise Problem(
                "invalid-body", f"An element of BYTES ends after the body. Received: {len(blob)} bytes"
            )
        elements.append(blob[start + 4 : stop])
        start = stop
    return elements
