"""Skeletons of the ten digits: how people write them and displays show them, as parametric strokes.

Every form is a function of a `Hand` that returns strokes of shape (n, 2), x right and y down, in
about the unit square. `FORMS` gives each digit its forms, with how often each is written.
"""

from training.drawing.hand import Form
from training.drawing.skeletons import displays, five_to_nine, zero_to_four

WRITTEN: dict[int, tuple[Form, ...]] = zero_to_four.FORMS | five_to_nine.FORMS
FORMS: dict[int, tuple[Form, ...]] = {
    label: (*forms, displays.form(label, sum(form.weight for form in forms)))
    for label, forms in WRITTEN.items()
}
