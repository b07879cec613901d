"""The model card as Markdown; every number in it comes from model.json and the report's documents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from statistics import mean, stdev
from typing import Any

from training.evaluation.corruptions import RESEMBLED
from training.evaluation.metrics import BINS
from training.recipe import Settings

Json = dict[str, Any]

HEAD = """# Model card: digits {version}

{members} small residual networks (`training/network.py`) in one graph, which read one handwritten digit from
a 28×28 image in MNIST's format, and say when there is none. `make report` made this page from `model.json`
and the JSON files beside it; the figures are those of the shipped LiteRT file. MNIST's images are used
as they are; others are looked at again where they are in doubt, as in service. Intervals are
95 % (Wilson).
"""
USE = """## Intended use and limits

For single handwritten digits, drawn on a screen, scanned or photographed, which `digits.normalize` brings
into MNIST's format first. It reads one digit; numbers are read with the help of [the detector](numbers.md).
It knows the ten Western Arabic digits in American and European forms, and no other script's.

- Some characters look like digits (O and 0, l and 1, Z and 2, S and 5): no score tells them apart.
- Probabilities are calibrated (see Calibration); for pictures like yours compare the ECE of each set below.
- Poor images cost accuracy. Of the corruptions below, {hardest} cost most.
- Where a misread digit does harm, let a human check: nothing here was measured on records of that kind.
"""
DATA = """## Data

Training uses MNIST's training images less {held_out} that are held out for validation, stratified by digit,
and digits and non-digits that our own code draws (`training/drawing/strokes.py`,
`training/drawing/nondigits.py`). The sets of other people's digits are never trained on; they served
development: choices, such as that of the kinds of non-digits, were made by validation and by them. MNIST's
test images chose nothing; errors on corrupted copies of them widened the augmentation (see Corrupted
images). SHA-256 of MNIST's arrays: `{sha256}`.
"""
TUNED = """
`make tune` went on from version {base} (`digits.keras` with SHA-256 `{base_sha256}`) with {corrections}
corrections (SHA-256 of all: `{sha256}`), beside them MNIST's digits and drawings as above. It held {held_out}
more out: version {base} read {before} of them right, this one {after}.
"""
CALIBRATION = """## Calibration

For the expected calibration error (ECE), images are sorted by the probability of the digit read, given that
there is one, into {bins} bins of equal width; it is the mean over all images of |accuracy − mean probability|
in their bin. The exported graph divides logits by a temperature of {temperature:.4f}, fitted on
validation.{certainty}

![Reliability diagram](reliability.png)
"""
CERTAINTY = """ Then serving raises the probabilities of the ten digits to an exponent that depends on the
digit score, so that a picture that looks less like a digit is read less surely: {exponents}, linear in
between (`training/temper.py`). It was fitted to validation and to the sets of other people's digits below."""
CORRUPTIONS = """## Corrupted images

MNIST's test images in {count} states like those of MNIST-C (arXiv 1906.02337). Training puts dirt on some of
its pictures (`training/data/augment.py`). The second column names the dirt that resembles a corruption; some
of it was added after errors on such images had been seen. Such rows measure robustness to known damage.
Kinds without an entry occur in training at most in a weaker form: it turns, slants, scales and moves digits a
little.
"""
TRIALS = """## Drawn scenes

Digits from our own skeletons (`training/evaluation/trials.py`), with other seeds than training's, where
something makes them hard: lines of a form, a neighbor's stroke, security print, faint or colored ink, few
pixels. Letters and signs are in hands that training never draws. It is most often sure and wrong with these
scenes: {worst}.
"""
REJECTION = """### Choice of the score

Scores that one forward pass gives, each at the threshold that keeps {kept} of the validation digits: share
refused (AUROC against those digits). Two things decide between them: a score has to refuse non-digits that
other people wrote, since the synthetic kinds are drawn by the code that training draws with; and it has to
keep 1s drawn with a ruler, which are straight bars. The served score is in bold.
"""
PRECISION = """On validation digits, and on synthetic non-digits at the threshold that keeps {kept} of the
former; a member alone has the committee's temperature and background:

{table}
The served candidate, in bold here and ringed below, has 8-bit weights, and quantizes activations by each
image's own range. So it needs no calibration images, which would tie it to what they show, and reads an image
alike in any batch. On validation its probabilities differ from Keras's by {quantized:.3f} at most, and those
of the same graph in float32 by {float32:.1e}.
"""


def compose(model: Json, evaluation: Json, extras: Mapping[str, Any]) -> str:
    """Write the card from model.json, evaluation.json and what else there is: history, baseline and so on."""
    validation = evaluation["mnist"]["validation"]["never"]
    sections = [
        HEAD.format(version=model["version"], members=len(model["members"])),
        _summary(model, evaluation),
        USE.format(hardest=_hardest(evaluation["corruptions"])),
        _data(model, validation["count"]),
        _recipe(model, extras),
        _mnist(evaluation),
        CALIBRATION.format(
            bins=BINS, temperature=model["temperature"], certainty=_certainty(model.get("certainty"))
        ),
        _sets(evaluation["sets"]),
        _trials(evaluation.get("trials")),
        _corruptions(evaluation["corruptions"], extras.get("baseline")),
        _nondigits(model, evaluation),
        _rejection(extras.get("rejection")),
        _cost(evaluation["sets"], extras.get("candidates"), evaluation["settings"]["batch"], model["parity"]),
    ]
    return "\n".join(section for section in sections if section)


def percent(share: float, decimals: int = 2) -> str:
    """Write a share of 1 in per cent."""
    return f"{100 * share:.{decimals}f} %"


def interval(score: Json) -> str:
    """Write a score's interval in per cent."""
    low, high = score["interval"]
    return f"{100 * low:.2f}–{100 * high:.2f}"


def errors(scores: Mapping[str, Json], mode: str) -> dict[str, float]:
    """Return the error of every corruption in a mode, 0–1."""
    return {name: 1 - by_mode[mode]["accuracy"] for name, by_mode in scores.items()}


def _hardest(scores: Mapping[str, Json]) -> str:
    found = errors(scores, "never")
    first, second, third = (name.replace("_", " ") for name in sorted(found, key=lambda n: -found[n])[:3])
    return f"{first}, {second} and {third}"


def _certainty(certainty: Json | None) -> str:
    """Return how serving tempers probabilities, where it does."""
    if certainty is None:
        return ""
    pairs = zip(certainty["exponents"], certainty["digit_scores"], strict=True)
    return CERTAINTY.format(exponents=", ".join(f"{exponent:.2f} at {score}" for exponent, score in pairs))


def _summary(model: Json, evaluation: Json) -> str:
    test, file = evaluation["mnist"]["test"]["never"], model["files"]["digits.tflite"]
    wrong = f"{len(evaluation['mistakes'])} of {test['count']:,} wrong"
    corrupted = errors(evaluation["corruptions"], "never")
    unlike = mean(corrupted[name] for name in _unlike(evaluation["corruptions"]))
    rows = [
        ("MNIST test", f"**{percent(test['accuracy'])}** ({interval(test)}), {wrong}"),
        ("calibration error", f"{percent(test['calibration_error'], 3)} on MNIST test"),
        ("kept as digits", f"{percent(test['kept'])} of MNIST test"),
    ]
    for group, found in evaluation["nondigits"].items():
        refused = f"{percent(found['refused'])} ({interval(found)})"
        rows.append((f"synthetic non-digits refused, {group} in training", refused))
    rows += [
        ("corrupted MNIST, mean error", percent(mean(corrupted.values()))),
        ("the same, of kinds like no dirt in training", percent(unlike)),
        ("`digits.tflite`", f"{file['bytes']:,} bytes, SHA-256 `{file['sha256']}`"),
        ("made", f"{model['created']}, commit `{model['git_commit']}`, first seed {model['seed']}"),
    ]
    if packages := model.get("packages"):  # which older models do not tell
        rows.append(("with", ", ".join(f"{name} {version}" for name, version in packages.items())))
    return _table(("", ""), rows)


def _data(model: Json, held_out: int) -> str:
    text = DATA.format(sha256=model["data"]["sha256"], held_out=f"{held_out:,}")
    if tunings := model.get("tunings"):
        last, base = tunings[-1], model["base"]
        right = {when: last[when]["held_out"]["right"] for when in ("before", "after")}
        counts = {name: last[name] for name in ("corrections", "held_out", "sha256")}
        text += TUNED.format(base=base["version"], base_sha256=base["sha256"], **counts, **right)
    return text


def _recipe(model: Json, extras: Mapping[str, Any]) -> str:
    stages = model["stages"]
    recorded = list(dict.fromkeys(name for stage in stages for name in stage))
    known = [field.name for field in fields(Settings)]
    names = [*(n for n in known if n in recorded), *(n for n in recorded if n not in known)]
    rows = [(f"`{name}`", *(f"{stage.get(name, '–')}" for stage in stages)) for name in names]
    headings = ("setting", *(f"stage {number}" for number in range(1, len(stages) + 1)))
    text = (
        f"## Recipe\n\n`make {'tune' if model.get('tunings') else 'train'}` with these settings, "
        f"each stage from the weights of the one before:\n\n{_table(headings, rows)}"
    )
    if any("–" in row for row in rows):
        text += "\n–: the commit that trained the stage had no such setting.\n"
    if extras.get("history"):
        text += "\n![Learning curves](learning-curves.png)\n"
    return text + _members(model["members"])


def _members(members: Sequence[Json]) -> str:
    """List what each member does alone, and on which code and examples it was trained."""
    parts = ("validation", "test")
    rows = [
        (
            f"{one['seed']}",
            *(f"{percent(one[part]['accuracy'])} ({one[part]['errors']} wrong)" for part in parts),
        )
        for one in members
    ]
    if len(members) > 1:
        columns = [[one[part]["accuracy"] for one in members] for part in parts]
        deviations = (f"{percent(mean(column), 3)} ± {100 * stdev(column):.3f}" for column in columns)
        rows.append(("mean ± standard deviation", *deviations))
    starts = [
        (
            f"{one['seed']}",
            f"{start['stage']}",
            f"{start['epoch']}",
            f"`{start['git_commit']}`",
            f"`{start['examples_sha256']}`",
        )
        for one in members
        for start in one["starts"]
    ]
    return (
        "\nWhat is served is the mean of the logits of networks that differ in their seed. Each alone:\n\n"
        + _table(("seed", *parts), rows)
        + "\nThe code and the made examples that each was trained on:\n\n"
        + _table(("seed", "stage", "from epoch", "commit", "examples, SHA-256"), starts)
    )


def _mnist(evaluation: Json) -> str:
    rows = [
        (
            split,
            mode,
            f"{score['count']:,}",
            percent(score["accuracy"]),
            interval(score),
            percent(score["calibration_error"], 3),
            f"{score['log_loss']:.4f}",
            percent(score["kept"]),
        )
        for split, by_mode in evaluation["mnist"].items()
        for mode, score in by_mode.items()
    ]
    headings = ("split", "normalize", "images", "accuracy", "95 %", "ECE", "log loss", "kept as digits")
    text = f"## MNIST\n\n{_table(headings, rows)}\n![Confusion matrix](confusion.png)\n"
    if not evaluation["mistakes"]:
        return text
    return f"{text}\nEvery mistake on the test images, by its index there:\n\n![Mistakes](mistakes.png)\n"


def _sets(found: Sequence[Json]) -> str:
    read = [one for one in found if one["digits"]]
    if not read:
        return ""
    rows = [
        (
            one["name"],
            f"{one['digits']['count']:,}",
            percent(one["digits"]["accuracy"]),
            interval(one["digits"]),
            percent(one["digits"]["calibration_error"]),
            percent(one["digits"]["kept"]),
            ", ".join(f"{label}→{digit} ({count})" for label, digit, count in one["confusions"][:4]),
        )
        for one in read
    ]
    headings = ("set", "digits", "accuracy", "95 %", "ECE", "kept as digits", "most frequent mistakes")
    return f"## Other people's digits\n\n{_table(headings, rows)}\n![Accuracy of each set](sets.png)\n"


def _trials(found: Json | None) -> str:
    """Tabulate the drawn scenes: digits that something makes hard, and what only looks like one."""
    if not found:
        return ""
    digits = [
        (
            name,
            f"{score['count']:,}",
            percent(score["accuracy"], 1),
            interval(score),
            percent(score["calibration_error"]),
            percent(score["kept"], 1),
            percent(score["accepted_wrong"]),
        )
        for name, score in found["digits"].items()
    ]
    others = [
        (name, *_refused(refused))
        for group in ("empty", "letters")
        for name, refused in found[group]["kinds"].items()
    ]
    headings = ("scene", "digits", "accuracy", "95 %", "ECE", "kept as digits", "kept and wrong")
    worst = sorted(found["digits"], key=lambda name: -found["digits"][name]["accepted_wrong"])[:3]
    return (
        f"{TRIALS.format(worst=', '.join(worst))}\n{_table(headings, digits)}\n![Scenes](trials.png)\n\n"
        f"What is no digit:\n\n{_table(('scene', 'pictures', 'refused', '95 %'), others)}"
    )


def _corruptions(scores: Mapping[str, Json], baseline: Json | None) -> str:
    columns = [errors(scores, "never"), errors(scores, "always")]
    headings = ["corruption", "like it in training", "error", "error, normalized"]
    if baseline:
        columns.append(errors(baseline["corruptions"], "never"))
        headings.append("error of a plain CNN without augmentation")
    rows = [
        (name.replace("_", " "), RESEMBLED.get(name, "–"), *(percent(column[name]) for column in columns))
        for name in scores
    ]
    rows += [
        _mean("mean", columns, list(scores)),
        _mean("mean of those like no dirt in training", columns, _unlike(scores)),
    ]
    text = CORRUPTIONS.format(count=len(scores))
    return f"{text}\n{_table(headings, rows)}\n![Corruptions](corruptions.png)\n"


def _mean(title: str, columns: Sequence[Mapping[str, float]], names: Sequence[str]) -> tuple[str, ...]:
    means = (percent(mean(column[name] for name in names)) for column in columns)
    return (f"**{title}**", "", *(f"**{share}**" for share in means))


def _unlike(scores: Mapping[str, Json]) -> list[str]:
    """Return the corruptions that nothing in training resembles."""
    return [name for name in scores if name not in RESEMBLED]


def _nondigits(model: Json, evaluation: Json) -> str:
    groups = {f"synthetic, {group} in training": found for group, found in evaluation["nondigits"].items()}
    groups |= {one["name"]: one["nondigits"] for one in evaluation["sets"] if one["nondigits"]}
    rows = [
        row
        for name, found in groups.items()
        for row in (
            *((name, kind, *_refused(refused)) for kind, refused in found["kinds"].items()),
            (f"**{name}**", "all", *_refused(found), f"{found['auroc']:.4f}"),
        )
    ]
    text = (
        "`digit_score` is 1 less the probability of the eleventh class; `is_digit` says whether it reaches "
        f"{model['threshold']:.6g}. That class has a logit of its own, trained on non-digits, and beside it "
        f"a background of {model['background']:.3f}, fitted on validation, which outweighs weak "
        "evidence for digits. AUROC is against the MNIST test images."
    )
    table = _table(("set", "kind", "images", "refused", "95 %", "AUROC"), rows)
    return f"## Not a digit\n\n{text}\n\n{table}\n![Scores](scores.png)\n"


def _rejection(found: Sequence[Json] | None) -> str:
    """Compare the scores that could have decided what is no digit."""
    if not found:
        return ""
    groups = list(found[0]["refused"])
    rows = [
        (
            f"**{one['score']}**" if one["shipped"] else one["score"],
            *(f"{percent(one['refused'][group], 1)} ({one['auroc'][group]:.4f})" for group in groups),
            percent(one["ruled_ones_refused"], 1),
        )
        for one in found
    ]
    text = REJECTION.format(kept=percent(found[0]["kept"]))
    return f"{text}\n{_table(('score', *groups, 'ruled 1s, wrongly'), rows)}"


def _refused(found: Json) -> tuple[str, str, str]:
    return f"{found['count']:,}", percent(found["refused"]), interval(found)


def _cost(
    found: Sequence[Json], candidates: Sequence[Json] | None, batch: int, parity: Mapping[str, float]
) -> str:
    """Return where the time goes, and what the candidates cost."""
    parts = []
    if found:
        stages = list(found[0]["milliseconds"])
        rows = [(one["name"], *(f"{one['milliseconds'][stage]:.3f}" for stage in stages)) for one in found]
        times = _table(("milliseconds an image", *stages), rows)
        parts.append(f"Processor time in each stage, in batches of {batch}:\n\n{times}")
    if candidates:
        kept = percent(candidates[0]["kept"])
        parts.append(PRECISION.format(**parity, kept=kept, table=_candidates(candidates)))
        parts.append("![Accuracy and latency of the candidates](candidates.png)\n")
    return "\n".join(["## Cost\n", *parts]) if parts else ""


def _candidates(found: Sequence[Json]) -> str:
    rows = [
        (
            f"**{one['name']}**" if one["shipped"] else one["name"],
            f"{one['milliseconds']:.3f}",
            f"{one['bytes']:,}",
            percent(one["accuracy"]),
            percent(one["calibration_error"], 3),
            percent(one["refused"], 1),
        )
        for one in found
    ]
    return _table(("candidate", "ms an image", "bytes", "accuracy", "ECE", "non-digits refused"), rows)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *([*row, *[""] * (len(headings) - len(row))] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
