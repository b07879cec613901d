"""A table of what the costliest files known take: `python -m tests.digits.costs`."""

from tests.digits.meter import Cost, Meter
from tests.samples.hostile import COSTLY

TIMES = 3  # that each is decoded; the fastest counts, as other work on the machine only adds


def main() -> None:
    """Print a line for each file, and the most that any takes."""
    found: dict[str, tuple[int, Cost]] = {}
    with Meter(600) as meter:
        for name, make in COSTLY.items():
            data = make()
            costs = [meter.cost(data) for _ in range(TIMES)]
            found[name] = len(data), min(costs, key=lambda cost: cost.seconds)
            size, cost = found[name]
            row = f"| {name} | {size:,} | {cost.seconds:.2f} | {cost.megabytes} | {cost.outcome[:40]} |"
            print(row, flush=True)  # noqa: T201
    slowest = max(cost.seconds for _, cost in found.values())
    largest = max(cost.megabytes for _, cost in found.values())
    print(f"{len(found)} files: at most {slowest:.2f} s and {largest} MB")  # noqa: T201


if __name__ == "__main__":
    main()
