import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)


@pytest.mark.parametrize("script", ["pretrain_base.py", "evaluate_base.py"])
def test_help(script: str) -> None:
    done = run(script, "--help")
    assert done.returncode == 0
    assert "--help" in done.stdout


def test_a_wrong_flag_is_named(tmp_path: Path) -> None:
    done = run("pretrain_base.py", "--output", str(tmp_path), "--optimizer", "sgd")
    assert done.returncode == 2
    assert "sgd" in done.stderr


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    done = run("evaluate_base.py", "--run", str(tmp_path), "--documents", str(tmp_path))
    assert done.returncode == 2
    assert "checkpoint" in done.stderr
