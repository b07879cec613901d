"""The contact sheet: every picture in its cell."""

import numpy as np

from training.evaluation.sheet import CELL, MARGIN, PICTURE, contact_sheet


def test_pictures_fill_rows_from_the_left_each_in_a_square() -> None:
    pictures = [np.full((28, 28), grey, np.uint8) for grey in (0, 60, 120)]
    sheet = np.asarray(contact_sheet(pictures, ["a", "b\nsecond line", "c"], columns=2).convert("L"))
    middle = MARGIN + PICTURE // 2
    below = sheet.shape[0] - MARGIN - (sheet.shape[0] - MARGIN) // 2 + PICTURE // 2
    assert sheet[middle, middle] == 0
    assert sheet[middle, middle + CELL] == 60
    assert sheet[below, middle] == 120
    assert sheet[below, middle + CELL] == 255


def test_a_long_picture_keeps_its_proportions_on_a_grey_ground() -> None:
    sheet = np.asarray(contact_sheet([np.full((400, 100), 255, np.uint8)], ["tall"], columns=1).convert("L"))
    picture = sheet[MARGIN : MARGIN + PICTURE, MARGIN : MARGIN + PICTURE]
    assert (picture == 255).mean() == np.float64(0.25)
    assert (picture == 128).mean() == np.float64(0.75)


def test_a_picture_in_color_keeps_it() -> None:
    red = np.full((28, 28, 3), (200, 30, 40), np.uint8)
    sheet = np.asarray(contact_sheet([red], ["red"], columns=1))
    assert sheet[MARGIN + PICTURE // 2, MARGIN + PICTURE // 2].tolist() == [200, 30, 40]


def test_captions_leave_ink_below_their_picture() -> None:
    white = [np.full((28, 28), 255, np.uint8)]
    plain = np.asarray(contact_sheet(white, [""], columns=1).convert("L"))
    written = np.asarray(contact_sheet(white, ["7 read 1"], columns=1).convert("L"))
    assert plain.min() == 255
    assert written[: MARGIN + PICTURE].min() == 255
    assert written[MARGIN + PICTURE :].min() < 100
