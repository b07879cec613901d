"""The summary function's start: it needs no model."""

import os
import subprocess
import sys

from tests.project import ROOT


def test_the_summary_loads_no_model_no_numpy_and_no_pillow() -> None:
    program = "import sys, bulk.summary; print(*{name.partition('.')[0] for name in sys.modules})"
    environment = {
        "PYTHONPATH": os.pathsep.join(["functions", "layers/python"]),
        "INPUT_BUCKET": "in",
        "RESULTS_BUCKET": "out",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"bulk", "boto3"} <= loaded
    assert not loaded & {"numpy", "PIL", "ai_edge_litert"}
