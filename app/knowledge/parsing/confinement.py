"""What a parser process takes from itself, for good: memory, time, network, files to write, other programs.

Three layers: resource limits, an audit hook for what Python code does, and on Linux a system call filter for native
code. The libraries that parse are not meant to do any of this; a file that makes them try gets an error.
"""

import os
import re
import resource
import sys
from pathlib import Path

from app.knowledge.parsing.system_calls import forbid_system_calls

_STATUS = Path("/proc/self/status")  # of Linux

# Events by which code would reach beyond the document: https://docs.python.org/3.11/library/audit_events.html
_FORBIDDEN = (
    *("socket.", "subprocess.", "shutil.", "tempfile.", "pty.", "ftplib.", "http.", "smtplib.", "urllib."),
    *("webbrowser.", "os.chmod", "os.chown", "os.exec", "os.fork", "os.kill", "os.link", "os.mkdir", "os.posix_spawn"),
    *("os.remove", "os.rename", "os.rmdir", "os.spawn", "os.symlink", "os.system", "os.truncate", "os.utime"),
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_OPEN_FILES = 64


def confine(memory_bytes: int) -> None:
    """Cannot be undone. `memory_bytes` bounds the address space, so an allocation beyond it fails at once."""
    _limit(resource.RLIMIT_AS, memory_bytes)
    for kind, most in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        _limit(kind, most)
    forbid_system_calls()
    sys.addaudithook(_refuse)


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        flags = arguments[2]
        if isinstance(flags, int) and flags & _WRITING:
            raise PermissionError("A parser process writes no files.")
    elif event.startswith(_FORBIDDEN):
        raise PermissionError(f"A parser process may not use {event}.")


def renew_time(seconds: float) -> None:
    """Grant `seconds` of processor time from now on; the process is killed when they are used up."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 1, hard))


def peak_memory() -> int:
    """Bytes resident at most since the process began.

    On Linux `getrusage` also counts what the parent held when it started the process, however large that was.
    """
    if _STATUS.exists():
        [peak] = re.findall(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text("ascii"), re.MULTILINE)
        return int(peak) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
