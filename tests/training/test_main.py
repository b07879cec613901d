"""The command line of training."""

from dataclasses import replace

import pytest

from training.__main__ import parse
from training.recipe import FULL, QUICK, TUNE


def test_every_setting_has_a_flag() -> None:
    stages, args = parse(["--quick", "--epochs", "3", "--pool-chunks", "1", "2", "3", "--rate", "0.01"])
    assert stages == (replace(QUICK[0], epochs=3, pool_chunks=(1, 2, 3), rate=0.01),)
    assert args.folder == args.run / "model"
    assert parse([])[0] == FULL
    assert {stage.epochs for stage in parse(["--epochs", "1"])[0]} == {1}


def test_shares_that_make_no_whole_batch_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(["--mnist-share", "0.9"])
    assert "have to sum to 1. Received: {'mnist_share': 0.9, 'redrawn_share': 0.12" in capsys.readouterr().err
    with pytest.raises(ValueError, match="have to sum to 1"):
        replace(TUNE[0], strokes_share=0.0)
