"""A camera over a sheet of paper: perspective, shadow, blur, grain and JPEG.

A sheet is uint8 (height, width), ink dark on light.
"""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Sheet = NDArray[np.uint8]
Matrix = NDArray[np.float64]


def photograph(sheet: Sheet, rng: np.random.Generator, tilt: float = 0.05) -> tuple[Sheet, Matrix]:
    """Return a picture of the sheet of the same size, and the matrix (3, 3) from sheet to picture.

    Each corner moves by up to `tilt` of the shorter side into the picture; a table lies around.
    """
    height, width = sheet.shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    inward = (
        np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)]) * rng.uniform(0, tilt, (4, 2)) * min(height, width)
    )
    matrix = homography(corners, corners + inward)
    table = int(rng.integers(20, 110))
    back = np.linalg.inv(matrix)
    rows = (back / back[2, 2]).ravel()[:8].tolist()
    seen = Image.fromarray(sheet).transform(
        (width, height), Image.Transform.PERSPECTIVE, rows, Image.Resampling.BICUBIC, fillcolor=table
    )
    soft = seen.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 1.0)))
    light = np.asarray(soft, np.float32) * _light(sheet.shape, rng) + rng.normal(
        0, rng.uniform(1, 5), sheet.shape
    )
    return _jpeg(np.clip(np.rint(light), 0, 255).astype(np.uint8), rng), matrix


def homography(source: Matrix, target: Matrix) -> Matrix:
    """Return the matrix (3, 3) that takes four points (4, 2) to four others."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source.tolist(), target.tolist(), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.append(np.linalg.solve(np.array(rows), np.array(values)), 1.0).reshape(3, 3)


def seen_box(box: Sequence[float], matrix: Matrix) -> tuple[int, int, int, int]:
    """Return the upright box x, y, width, height that holds a sheet's box in the picture."""
    x, y, width, height = box
    corners = np.array([(x, y, 1), (x + width, y, 1), (x + width, y + height, 1), (x, y + height, 1)])
    points = corners @ matrix.T
    points = points[:, :2] / points[:, 2:]
    low, high = np.floor(points.min(axis=0)).astype(int), np.ceil(points.max(axis=0)).astype(int)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def _light(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return brightness 0-1: falling off to one side, under one soft shadow at times."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / max(shape)
    angle = rng.uniform(0, 2 * np.pi)
    light = 1 - rng.uniform(0, 0.35) * (0.5 + 0.5 * np.cos(angle) * x + 0.5 * np.sin(angle) * y)
    if rng.random() < 0.6:
        edge = np.cos(angle + 1) * (x - rng.uniform(0.2, 0.8)) + np.sin(angle + 1) * (
            y - rng.uniform(0.2, 0.8)
        )
        light *= 1 - rng.uniform(0.15, 0.45) / (1 + np.exp(-edge / rng.uniform(0.005, 0.05)))
    return np.asarray(light, np.float32)


def _jpeg(picture: Sheet, rng: np.random.Generator) -> Sheet:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=int(rng.integers(60, 95)))
    return np.asarray(Image.open(file)).copy()
