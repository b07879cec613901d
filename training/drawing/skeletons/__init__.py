"""Skeletons of the ten digits: how people write them and displays show them, as parametric strokes.

Every form is a function of a `Hand` that returns strokes of shape (n, 2), x right and y down, in
about the unit square. `FORMS` gives each digit its forms, with how often each is written; `HASTY`
those that people write in haste and in a row.
"""

from training.drawing.hand import Form
from training.drawing.skeletons import curled, displays, five_to_nine, hasty, zero_to_four

_PLAIN = zero_to_four.FORMS | five_to_nine.FORMS
WRITTEN: dict[int, tuple[Form, ...]] = {label: (*_PLAIN[label], *curled.FORMS[label]) for label in range(10)}
HASTY: dict[int, tuple[Form, ...]] = {
    label: (*(hasty.FORMS[label] or _PLAIN[label]), *curled.FORMS[label]) for label in range(10)
}
FORMS: dict[int, tuple[Form, ...]] = {
    label: (*forms, displays.form(label, sum(form.weight for form in forms)))
    for label, forms in WRITTEN.items()
}
