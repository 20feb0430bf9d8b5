"""A few rounds of the crash benchmark; it says itself what differs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_killed_processes_leave_everything_consistent() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "crash_ingestion.py"), "--rounds", "8", "--seed", "3"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "neither before nor after" in done.stdout
