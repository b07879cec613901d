"""The command that packs a folder's files into TAR shards, names and order kept: `make shards`."""

import argparse
import itertools
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from jobs.local import files_below

SIZE = 10_000  # files to a shard: some megabytes of small pictures, some seconds of one worker


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its flags are in --help."""
    options = _parse(arguments)
    try:
        shards = pack(options.folder, options.into, options.size)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    print(f"{shards:,} shard{'s' * (shards != 1)} in {options.into}")  # noqa: T201
    return 0


def pack(folder: Path, into: Path, size: int = SIZE) -> int:
    """Pack the files below a folder into `into`/00000.tar and so on, `size` to each; return their number.

    Nothing but a member's name and content is kept, so the same files make the same shards.

    Raises:
        ValueError: `into` holds shards already, or `size` is less than one.
        OSError: a file cannot be read or a shard cannot be written.
    """
    if size < 1:
        raise ValueError(f"A shard must have at least one file. Received: SIZE={size}")
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise ValueError(f"The shards must go into an empty folder. Received: {into}")
    names = files_below(folder, {into.resolve()})
    for number in itertools.count():
        some = list(itertools.islice(names, size))
        if not some:
            return number
        _write(folder, some, into / f"{number:05}.tar")
    raise AssertionError("unreachable")


def _write(folder: Path, names: Sequence[str], shard: Path) -> None:
    """Write a shard under another name first, so that none is there in part."""
    draft = shard.with_suffix(".draft")
    with tarfile.open(draft, "w") as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            with (folder / name).open("rb") as file:
                info.size = (folder / name).stat().st_size
                archive.addfile(info, file)
    draft.replace(shard)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m jobs.shards", description="Pack a folder into shards.")
    parser.add_argument("folder", type=Path, help="folder of pictures; those below it too")
    parser.add_argument("into", type=Path, help="empty or new folder for the shards")
    parser.add_argument("--size", type=int, default=SIZE, help="files to a shard (default: %(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
