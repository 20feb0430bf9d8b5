"""What a confined process can no longer do, tried from inside one."""

import platform
import socket
import subprocess
import sys
from pathlib import Path

import pytest

# The layers are tried one by one: what the audit hook stops in Python, the filter stops in native code.
_ALL = "from app.knowledge.parsing.confinement import confine; confine(1 << 30)\n"
_FILTER = "from app.knowledge.parsing.system_calls import forbid_system_calls; assert forbid_system_calls()\n"
_FILTERED = platform.system() == "Linux" and platform.machine() in {"x86_64", "aarch64"}

ATTEMPTS = {
    "socket": "import socket; socket.create_connection(('127.0.0.1', {port}))",
    "write": "open({folder!r} + '/written', 'w')",
    "descriptor": "import os; os.open({folder!r} + '/written', os.O_CREAT | os.O_RDWR)",
    "folder": "import os; os.mkdir({folder!r} + '/made')",
    "remove": "import os; os.remove({folder!r} + '/kept')",
    "rename": "import os; os.rename({folder!r} + '/kept', {folder!r} + '/moved')",
    "link": "import os; os.symlink('/etc/passwd', {folder!r} + '/link')",
    "program": "import subprocess; subprocess.run(['true'])",
    "fork": "import os; os.fork() or os._exit(0)",
    "signal": "import os; os.kill(os.getppid(), 0)",
}


def attempt(layer: str, code: str, folder: Path) -> tuple[int, str, bool]:
    """Exit code, errors, and whether anybody called."""
    (folder / "kept").write_text("x", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        prepare = "import socket, subprocess, os, shutil\n"
        script = prepare + layer + code.format(port=server.getsockname()[1], folder=str(folder))
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        try:
            server.accept()[0].close()
        except TimeoutError:
            return done.returncode, done.stderr, False
    return done.returncode, done.stderr, True


@pytest.mark.parametrize("name", ATTEMPTS)
@pytest.mark.parametrize("layer", [_ALL, _FILTER], ids=["all", "filter"])
def test_refused(layer: str, name: str, tmp_path: Path) -> None:
    if layer == _FILTER and not _FILTERED:
        pytest.skip("no system call filter for this machine")
    code, errors, called = attempt(layer, ATTEMPTS[name], tmp_path)
    assert (code, called) == (1, False)
    assert "PermissionError" in errors
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize("name", ATTEMPTS)
def test_possible_without_confinement(name: str, tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    assert attempt("", ATTEMPTS[name], tmp_path)[0] == 0


def test_reading_and_memory_within_the_limit_stay_possible(tmp_path: Path) -> None:
    code, errors, _ = attempt(_ALL, "data = open('/proc/self/status').read(); b = bytearray(1 << 28)", tmp_path)
    assert (code, errors) == (0, "")


def test_memory_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    code, errors, _ = attempt(_ALL, "b = bytearray(1 << 30)", tmp_path)
    assert code == 1
    assert "MemoryError" in errors


def test_processor_time_ends(tmp_path: Path) -> None:
    code, _, _ = attempt(
        _ALL, "from app.knowledge.parsing.confinement import renew_time; renew_time(0.1)\nwhile True: pass", tmp_path
    )
    assert code < 0
