"""Sets of labelled images: archives, folders by subfolder and by name, and what is no set."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from training.data import sets


def archive(path: Path, y: list[int] | list[str]) -> Path:
    np.savez(path, x=np.arange(len(y) * 12, dtype=np.uint8).reshape(-1, 3, 4), y=np.array(y))
    return path


def image(path: Path, side: int = 9) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (side, side)).save(path)
    return path


def test_an_archive_gives_its_images_as_png_in_order(tmp_path: Path) -> None:
    found = sets.from_archive(archive(tmp_path / "tablet.npz", [7, 0]))
    assert found.name == "tablet"
    assert found.labels == ["7", "0"]
    decoded = np.asarray(Image.open(BytesIO(found.read(1))))
    np.testing.assert_array_equal(decoded, np.arange(12, 24).reshape(3, 4))


def test_labels_that_are_words_stay_words(tmp_path: Path) -> None:
    assert sets.from_archive(archive(tmp_path / "signs.npz", ["plus", "w"])).labels == ["plus", "w"]


def test_a_folder_is_labelled_by_subfolder_or_by_the_beginning_of_a_name(tmp_path: Path) -> None:
    for name in ("3/photo.png", "plus/photo 1.jpg", "7_a.png", "8.bmp", "4-2.webp", "notes.txt"):
        if name.endswith("txt"):
            (tmp_path / name).write_text("no image")
        else:
            image(tmp_path / name)
    found = sets.from_folder(tmp_path)
    assert sorted(found.labels) == ["3", "4", "7", "8", "plus"]
    place = found.labels.index("7")
    assert found.read(place) == (tmp_path / "7_a.png").read_bytes()


def test_a_folder_of_archives_is_several_sets(tmp_path: Path) -> None:
    archive(tmp_path / "b.npz", [1])
    archive(tmp_path / "a.npz", [2])
    other = image(tmp_path / "drawn" / "5.png").parent
    assert [found.name for found in sets.find([tmp_path, other])] == ["a", "b", "drawn"]


def test_a_limit_spreads_over_the_whole_set(tmp_path: Path) -> None:
    whole = sets.from_archive(archive(tmp_path / "s.npz", list(range(10))))
    some = whole.thinned(4)
    assert some.labels == ["0", "3", "6", "9"]
    assert some.read(1) == whole.read(3)
    assert whole.thinned(None).labels == whole.thinned(99).labels == whole.labels


@pytest.mark.parametrize("label", ["12", "-1", ""])
def test_a_label_of_several_figures_or_none_is_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(ValueError, match=f"one digit or the name of a non-digit. Received: '{label}'"):
        sets.from_archive(archive(tmp_path / "s.npz", [label]))


def test_arrays_that_make_no_set_are_refused_with_what_they_are(tmp_path: Path) -> None:
    np.savez(tmp_path / "flat.npz", x=np.zeros((4, 784), np.uint8), y=np.zeros(4, int))
    with pytest.raises(ValueError, match=r"x \(4, 784\) uint8, y \(4,\)"):
        sets.find([tmp_path / "flat.npz"])
    np.savez(tmp_path / "bare.npz", x=np.zeros((4, 8, 8), np.uint8))
    with pytest.raises(ValueError, match=r"lacks y\. Received: x"):
        sets.find([tmp_path / "bare.npz"])


def test_a_path_without_images_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(ValueError, match=f"Received: {path}$"):
            sets.find([path])


def boxed(path: Path, rows: str) -> Path:
    """Write a ZIP with one picture, whose grey level is ten times the column, and these labels."""
    picture = BytesIO()
    Image.fromarray(np.tile(np.arange(20, dtype=np.uint8) * 10, (6, 1))).save(picture, "PNG")
    with ZipFile(path, "w") as archive:
        archive.writestr("cheques/one.png", picture.getvalue())
        archive.writestr("cheques/labels.csv", "file,label,boxes\n" + rows)
    return path


def test_a_zip_of_boxed_pictures_gives_each_digit_cut_out(tmp_path: Path) -> None:
    boxed(tmp_path / "cheques.zip", 'one.png,40,"[[2, 1, 5, 4], [9, 0, 3, 6]]"\n')
    (found,) = sets.find([tmp_path])
    assert (found.name, found.labels) == ("cheques", ["4", "0"])
    first, second = (np.asarray(Image.open(BytesIO(found.read(number)))) for number in range(2))
    assert first.shape == (4, 5)
    assert first[0].tolist() == [20, 30, 40, 50, 60]
    assert second.shape == (6, 3)


@pytest.mark.parametrize(
    "rows",
    ['one.png,407,"[[2, 1, 5, 4], [9, 0, 3, 6]]"\n', 'two.png,4,"[[2, 1, 5, 4]]"\n', 'one.png,a-b,"[1]"\n'],
)
def test_boxes_that_match_no_digits_or_pictures_are_refused(tmp_path: Path, rows: str) -> None:
    with pytest.raises(ValueError, match="one labels.csv of file, label, boxes"):
        sets.from_boxes(boxed(tmp_path / "bad.zip", rows))
