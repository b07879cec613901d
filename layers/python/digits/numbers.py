"""Grey pictures of any size to the numbers written in them: lines, numbers, digits, and how sure each is."""

from collections.abc import Iterable, Sequence
from math import ceil, floor, inf
from pathlib import Path

from digits.context import is_cropped, resembling, thousands
from digits.detect import Detection, Detector
from digits.model import Model
from digits.opinion import alone, ask_again
from digits.page import Field, FieldReading, Frame, Number, Page
from digits.raster import Grey
from digits.sheet import Calibration, Sheet

Bounds = tuple[float, float, float, float]  # left, top, right, bottom in pixels of the picture

# Pixels: a file is reduced by a whole factor until its longer side is below 1.5 times this. An A4 page at
# 300 dpi and a photograph of 12 megapixels keep all of theirs.
SIDE = 2_800
MARGIN = 0.25  # of a field's height: what is cut out around it, so that a digit over its rim is seen whole
EVERYWHERE = (-inf, -inf, inf, inf)
CROPPED = 0.5  # log odds that a picture cropped to its number gives what stands beside digits, and may be one


class NumberReader:
    """A reader of numbers; safe to share between threads."""

    def __init__(self, detector: Detector, model: Model) -> None:
        self.detector = detector
        self.model = model
        self.calibration = Calibration(**detector.card.get("calibration", {}))

    @classmethod
    def load(cls, folder: Path, model: Model) -> "NumberReader":
        """Load the detector from `folder`.

        Raises:
            ArtefactError: a file is missing, altered, or not what detector.json describes.
        """
        return cls(Detector.load(folder), model)

    def read(self, picture: Grey, length: int | None = None, scale: float = 1.0) -> Page:
        """Read all numbers in a grey picture of either polarity, or all of exactly `length` digits.

        `scale` is how many pixels of the upright original one pixel of the picture stands for.

        Raises:
            TooManyDigits: more than MOST digits.
        """
        return self.page(self.look(picture), Frame(picture.shape, scale), length, picture)

    def page(
        self,
        seen: Sequence[Detection],
        frame: Frame,
        length: int | None = None,
        picture: Grey | None = None,
    ) -> Page:
        """Return the numbers that detections make up. Raises TooManyDigits.

        Where the picture is given and no length is, thousands apart are joined, and letters and signs that
        resemble numbers are left out.
        """
        sheet = Sheet(seen, self.calibration)
        cropped = picture is not None and is_cropped(picture, sheet.boxes[sheet.sure])
        found = sheet.lines(CROPPED if cropped else 0.0) if length is None else sheet.lines_of(length)
        if picture is not None and length is None:
            found = [thousands(picture, row, sheet.boxes) for row in found]
            every = [number for row in found for number in row]
            gone = set(resembling(self.model, picture, every, sheet.boxes, sheet.odds))
            found = [[number for number in row if number[0] not in gone] for row in found]
        if picture is not None:
            sheet.doubt_slashes(picture, [number for row in found for number in row])
        spare = sheet.spare([place for row in found for number in row for place in number], length)
        return Page(
            tuple(tuple(sheet.number(one, frame, spare) for one in row) for row in found if row), frame.size
        )

    def read_fields(self, picture: Grey, fields: Iterable[Field], scale: float = 1.0) -> list[FieldReading]:
        """Read one number in each field, by what has its middle in the field's box, in the order asked.

        The fields' boxes are in pixels of the upright original, as the answer's are.
        """
        frame = Frame(picture.shape, scale)
        return [FieldReading(one.name, one.box, self._read_field(picture, one, frame)) for one in fields]

    def look(self, picture: Grey, bounds: Bounds = EVERYWHERE) -> list[Detection]:
        """Return what may be digits in a picture with its middle within bounds, by both models."""
        found = [one for one in self.detector.detect(picture) if _holds(bounds, one.box)]
        single = alone(self.model, picture, found) if bounds == EVERYWHERE else None
        return [single] if single else ask_again(self.model, picture, found, self.calibration.threshold)

    def _read_field(self, picture: Grey, field: Field, frame: Frame) -> Number | None:
        left, top, right, bottom = frame.cut(field.box)
        margin = MARGIN * (bottom - top)
        x, y = max(0, floor(left - margin)), max(0, floor(top - margin))
        part = picture[y : ceil(bottom + margin), x : ceil(right + margin)]
        if min(part.shape) < 1:
            return None
        seen = self.look(part, (left - x, top - y, right - x, bottom - y))
        sheet = Sheet(seen, self.calibration)
        found = sheet.lines() if field.length is None else sheet.lines_of(field.length)
        best = max(found, key=sheet.evidence, default=None)
        if best is None:
            return None
        chosen = [place for number in best for place in number] if field.length is None else best[0]
        sheet.doubt_slashes(part, [chosen])
        return sheet.number(chosen, frame.at(x, y), sheet.spare(chosen, field.length))


def _holds(bounds: Bounds, box: tuple[float, float, float, float]) -> bool:
    """Return whether a box has its middle between left, top, right and bottom."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    return bounds[0] <= x < bounds[2] and bounds[1] <= y < bounds[3]
