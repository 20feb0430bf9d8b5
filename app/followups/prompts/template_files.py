"""Prompt templates on disk: loaded in a sandbox, checked against the variables they are given, versioned by content."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.errors import ConfigurationError
from app.followups.prompts.untrusted import untrusted_block

TEMPLATES_DIR = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class LoadedTemplate:
    """One template. `version` is its name and content digest: `instruct/rag.v1@1a2b3c4d`."""

    template: Template
    version: str

    def render(self, block: str, variables: Mapping[str, Any]) -> str:
        """One block. Raises `ConfigurationError` naming the template and the problem."""
        try:
            text = "".join(self.template.blocks[block](self.template.new_context(dict(variables))))
        except TemplateError as error:
            raise ConfigurationError(f"The prompt template {self.version} cannot be rendered: {error}") from error
        return re.sub(r"\n{3,}", "\n\n", text).strip()


class TemplateFolder:
    """The templates of one profile: `<folder>/<generator>.<version>.j2`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.filters["untrusted"] = untrusted_block

    def load(self, name: str, variables: frozenset[str], blocks: tuple[str, ...]) -> LoadedTemplate:
        """Raises `ConfigurationError` where the template cannot be read, or does not use exactly `variables`, or lacks
        one of `blocks`; the message names what is missing or unknown."""
        path = self._folder / f"{name}.j2"
        label = f"{self._folder.name}/{name}"
        try:
            source = path.read_text(encoding="utf-8")
            used = meta.find_undeclared_variables(self._environment.parse(source))
            template = self._environment.from_string(source)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"The prompt template {label} cannot be read: {path}") from error
        except TemplateError as error:
            raise ConfigurationError(f"The prompt template {label} is not valid: {error}") from error
        problems = {
            "does not use": sorted(variables - used),
            "uses unknown": sorted(used - variables),
            "has no block": sorted(set(blocks) - template.blocks.keys()),
        }
        found = "; ".join(f"{what} {', '.join(names)}" for what, names in problems.items() if names)
        if found:
            raise ConfigurationError(f"The prompt template {label} {found}.")
        return LoadedTemplate(template, f"{label}@{hashlib.sha256(source.encode()).hexdigest()[:8]}")
