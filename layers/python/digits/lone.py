"""A lone small mark on a sheet that is blank but for it: too little ink to count among the whole picture's.

A look is uint8 (height, width): a picture at work size.
"""

from digits.raster import Grey, bounding_box, histogram, quantile

CLEAR = 30  # levels between the paper and a mark: grain, averaged to work size, has less; folds are longer
WIDEST = 0.12  # of the longer side: larger marks are found among the whole picture's ink
LEAST = 10  # pixels of the picture: shorter marks are specks


def lone_mark(look: Grey, longer: int) -> tuple[int, int, int, int] | None:
    """Return the top, bottom, left and right of the only mark on a look, away from its rim; None without one.

    `longer` is how many pixels the picture's longer side has.
    """
    paper = quantile(histogram(look), 0.5)
    darker = paper - int(look.min()) >= int(look.max()) - paper
    marks = look <= paper - CLEAR if darker else look >= paper + CLEAR
    if not marks.any():
        return None
    top, bottom, left, right = box = bounding_box(marks)
    side, across = max(bottom - top, right - left), max(look.shape)
    inside = top > 0 and left > 0 and bottom < look.shape[0] and right < look.shape[1]
    return box if inside and LEAST * across <= side * longer and side <= WIDEST * across else None
