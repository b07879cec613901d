"""Photographed forms, sheets without a digit, and the camera over both."""

from pathlib import Path

import numpy as np
import pytest

from tests.samples.writers import archive
from training.evaluation import blanks, camera, composed, forms


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> composed.Writers:
    return composed.Writers(archive(tmp_path_factory.mktemp("writers") / "pen.npz"))


@pytest.mark.parametrize("paper", forms.PAPERS)
def test_a_form_has_six_fields_with_ink_in_each(paper: str, writers: composed.Writers) -> None:
    form = forms.draw(writers, paper, np.random.default_rng(1))
    assert form.paper == paper
    assert len(form.fields) == len(form.texts) == forms.FIELDS
    height, width = form.picture.shape
    for field in form.fields:
        x, y, wide, high = field.box
        assert 0 <= x < x + wide <= width
        assert 0 <= y < y + high <= height
        inside = form.picture[y : y + high, x : x + wide]
        assert int(np.median(inside)) - int(inside.min()) > 30
    tops = [field.box[1] for field in form.fields]
    assert tops == sorted(tops)


def test_the_same_seed_draws_the_same_form(writers: composed.Writers) -> None:
    first, second = (forms.draw(writers, "ruled", np.random.default_rng(2)) for _ in range(2))
    assert first.texts == second.texts
    assert np.array_equal(first.picture, second.picture)


def test_a_homography_takes_corners_to_corners() -> None:
    square = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], np.float64)
    seen = np.array([(1, 2), (9, 1), (11, 12), (0, 9)], np.float64)
    points = np.column_stack([square, np.ones(4)]) @ camera.homography(square, seen).T
    assert points[:, :2] / points[:, 2:] == pytest.approx(seen)


def test_a_box_is_seen_where_its_ink_is() -> None:
    sheet = np.full((200, 300), 250, np.uint8)
    sheet[60:100, 120:180] = 0
    picture, matrix = camera.photograph(sheet, np.random.default_rng(5), tilt=0.15)
    x, y, wide, high = camera.seen_box((120, 60, 60, 40), matrix)
    middle = picture[y + high // 4 : y + 3 * high // 4, x + wide // 4 : x + 3 * wide // 4]
    assert middle.mean() < 60
    assert picture[y - 8 : y - 3, x + wide // 4 : x + 3 * wide // 4].mean() > 90


@pytest.mark.parametrize("kind", blanks.KINDS)
def test_a_blank_sheet_is_a_picture_of_its_size(kind: str, tmp_path: Path) -> None:
    symbols = blanks.load_symbols(archive(tmp_path / "symbols.npz"))
    low, high = blanks.SIDES
    for seed in range(4):
        sheet = blanks.draw(kind, np.random.default_rng(seed), symbols)
        assert sheet.dtype == np.uint8
        assert all(low <= side < high for side in sheet.shape)
        assert sheet.std() > 0
