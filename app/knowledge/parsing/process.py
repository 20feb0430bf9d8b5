"""One child process that reads documents, seen from the parent."""

import os
import signal
import subprocess
import sys
import threading
from multiprocessing.connection import Pipe
from pathlib import Path

import app
from app.config_files import Parsing
from app.errors import ConfigurationError, DocumentRefused
from app.knowledge.parsing.wire import decode_answer, most_bytes
from app.knowledge.types import LoadedDocument

_PROJECT = Path(app.__file__).resolve().parent.parent
_START_SECONDS = 60.0
# Nothing else of the environment is for the eyes of a process that reads strangers' files.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ")


class ProcessEnded(Exception):
    """The process is gone. `by_chance`: not, as far as can be told, through the document it was given."""

    def __init__(self, refusal: DocumentRefused, *, by_chance: bool = False) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        self.by_chance = by_chance


class ParserProcess:
    """Starts at once. Raises `ConfigurationError` if the process cannot work within the limits."""

    def __init__(self, limits: Parsing) -> None:
        self._limits = limits
        self._out_of_time = False
        self._connection, theirs = Pipe()
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        with theirs:
            self._process = subprocess.Popen(
                [*_COMMAND, str(theirs.fileno()), limits.model_dump_json()],
                pass_fds=[theirs.fileno()],
                env=environment | {"PYTHONPATH": str(_PROJECT)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Ctrl-C in a terminal is for the parent, which ends its children itself.
                start_new_session=True,
            )
        self._await_ready()

    def _await_ready(self) -> None:
        try:
            ready = self._connection.poll(_START_SECONDS) and self._connection.recv_bytes()
        except (EOFError, OSError):
            ready = False
        if not ready:
            self.close()
            raise ConfigurationError(
                "The process that reads documents did not start; "
                f"raise parsing.memory_mb in config/retrieval.yaml (now {self._limits.memory_mb})."
            )

    def ask(self, path: Path, seconds: float) -> LoadedDocument:
        """What the process reads from the file. Raises `DocumentRefused`, and `ProcessEnded` if there is no answer."""
        self._out_of_time = False
        timer = threading.Timer(max(seconds, 0), self._stop_reading)
        timer.daemon = True
        timer.start()
        try:
            self._connection.send_bytes(os.fsencode(path.absolute()))
            answer = self._connection.recv_bytes(most_bytes(self._limits))
        except (EOFError, ConnectionError) as error:
            raise self._ended() from error
        except OSError as error:  # the answer is longer than agreed
            raise ProcessEnded(_too_much("holds more text than can be taken in")) from error
        finally:
            timer.cancel()
        return decode_answer(answer)

    def _stop_reading(self) -> None:
        self._out_of_time = True
        self._process.kill()

    def _ended(self) -> ProcessEnded:
        self._process.kill()  # without effect on a process that is exiting: its own code stays
        code = self._process.wait()
        if self._out_of_time or code == -signal.SIGXCPU:
            return ProcessEnded(_too_much(f"takes more than {self._limits.seconds:g} seconds to read"))
        if code == -signal.SIGKILL:
            return ProcessEnded(_too_much("needs more memory than there is"), by_chance=True)
        damaged = DocumentRefused(
            "malformed", "The file makes its reader fail, so it is damaged; open it in its program and save it again."
        )
        return ProcessEnded(damaged, by_chance=code == 0)

    def kill(self) -> None:
        """End the process, whatever it is doing. May be called from another thread than `ask`."""
        self._process.kill()

    def close(self) -> None:
        """Wait until the process is gone, and release what belonged to it."""
        self._process.kill()
        self._process.wait()
        self._connection.close()


_COMMAND = (sys.executable, "-P", "-m", "app.knowledge.parsing.child")


def _too_much(problem: str) -> DocumentRefused:
    return DocumentRefused("too_large", f"The file {problem}; split it.")
