"""Fetches models from a hub: a fixed revision, safetensors only, checked before it is put in place, with a record."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path

from httpx import HTTPError
from huggingface_hub import HfApi
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from app.errors import Conflict, InvalidInput, Unavailable

RECORD_FILE = "downloads.json"
_WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")
_OTHER_EXPORTS = ("onnx/*", "openvino/*", "original/*")


@dataclass(frozen=True, slots=True)
class Download:
    """What was fetched. `revision` is a commit, `digest` that of everything which decides what the model does."""

    model: str
    revision: str
    digest: str
    directory: str


@dataclass(frozen=True, slots=True)
class Hub:
    """Where models come from; without `endpoint`, the public hub (or HF_ENDPOINT)."""

    token: str | None = None
    endpoint: str | None = None

    @property
    def api(self) -> HfApi:
        return HfApi(endpoint=self.endpoint, token=self.token)


def fetch(model: str, revision: str | None, folder: Path, check: Callable[[Path], str], hub: Hub) -> Download:
    """Download `model` into a directory of `folder` and record it in `downloads.json` there.

    `check` gets the directory before it is put in place, raises what is wrong with it, and returns its digest. Without
    `revision`, one that was recorded before is fetched again, else the newest. Raises `InvalidInput` for a model or
    revision that is not there or has no safetensors, `Conflict` when the same revision gives other bytes than before,
    `Unavailable` when the hub cannot be reached.
    """
    known = read_record(folder).get(model)
    commit, files = _listed(model, revision or (known.revision if known else None), hub)
    staging, target = folder / f".{_name(model)}.part", folder / _name(model)
    folder.mkdir(parents=True, exist_ok=True)
    with _Translated(model):
        hub.api.snapshot_download(model, revision=commit, local_dir=staging, allow_patterns=files)
    shutil.rmtree(staging / ".cache", ignore_errors=True)
    digest = check(staging)
    if known is not None and known.revision == commit and known.digest != digest:
        raise Conflict(
            f"{model}: revision {commit[:12]} has other content than when it was recorded in {folder / RECORD_FILE}; "
            f"nothing was replaced. The new files are in {staging}."
        )
    shutil.rmtree(target, ignore_errors=True)
    staging.rename(target)
    done = Download(model, commit, digest, target.name)
    _write_record(folder, done)
    return done


def read_record(folder: Path) -> dict[str, Download]:
    """What was fetched into `folder`, by model. Raises `InvalidInput` for a file that is no such record."""
    path = folder / RECORD_FILE
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {entry["model"]: Download(**entry) for entry in entries}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InvalidInput(f"{path}: this is no record of downloads; remove it to start a new one.") from error


def _write_record(folder: Path, done: Download) -> None:
    entries = read_record(folder) | {done.model: done}
    text = json.dumps([asdict(entry) for _, entry in sorted(entries.items())], indent=2)
    (folder / RECORD_FILE).write_text(text + "\n", encoding="utf-8")


def _listed(model: str, revision: str | None, hub: Hub) -> tuple[str, list[str]]:
    """The commit of `revision`, and the files of it that are wanted."""
    with _Translated(model):
        info = hub.api.model_info(model, revision=revision)
    names = [item.rfilename for item in info.siblings or []]
    files = [name for name in names if _matches(name, _WANTED) and not _matches(name, _OTHER_EXPORTS)]
    if not any(name.endswith(".safetensors") for name in files):
        raise InvalidInput(f"{model}: this revision holds no safetensors; other formats can run code.")
    if info.sha is None:
        raise Unavailable(f"{model}: the hub names no commit for this revision; try again later.")
    return info.sha, files


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def _name(model: str) -> str:
    return model.rpartition("/")[2]


class _Translated:
    """The one place where errors of the hub become ours."""

    def __init__(self, model: str) -> None:
        self._model = model

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        translated = None if error is None else self._translate(error)
        if translated is not None:
            raise translated from error

    def _translate(self, error: BaseException) -> InvalidInput | Unavailable | None:
        model = self._model
        match error:
            case OfflineModeIsEnabled():
                return Unavailable(
                    f"{model} cannot be fetched: HF_HUB_OFFLINE is set. Unset it on a machine with a network."
                )
            case GatedRepoError():
                return InvalidInput(f"{model} is gated: accept its licence on the hub and set HF_TOKEN.")
            case RepositoryNotFoundError():
                return InvalidInput(f"{model} is not on the hub, or private: check the name, or set HF_TOKEN.")
            case RevisionNotFoundError():
                return InvalidInput(f"{model} has no such revision; give a commit, tag or branch of it.")
            case HFValidationError():
                return InvalidInput(f'"{model}" is no model id; expected owner/name.')
            case HfHubHTTPError() | HTTPError() | OSError():
                return Unavailable(
                    f"{model} was not fetched: the hub cannot be reached ({type(error).__name__}). Check the network, "
                    "or copy the model's directory from another machine and give its path."
                )
            case _:
                return None
