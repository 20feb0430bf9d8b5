"""How the files of an ingestion arrive."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.knowledge.manifest import ManifestEntry
from app.knowledge.types import DocumentProfile
from app.storage.records import KnownDocument, Origin


@dataclass(frozen=True, slots=True)
class Provenance:
    """How the files of a run arrive. What is `stated` about them wins over what they say themselves."""

    origin: Origin = "folder"
    stated: ManifestEntry = field(default_factory=ManifestEntry)

    def apply(self, profile: DocumentProfile) -> DocumentProfile:
        stated = self.stated.model_dump(exclude_none=True)
        stated |= {f"{kind}_source": "manifest" for kind in ("effective", "expiry") if f"{kind}_date" in stated}
        # A folder's manifest speaks again each time; what an upload stated would be lost with its version.
        stated |= {"title_source": "manifest"} if "title" in stated else {}
        return replace(profile, **stated)

    def inherit(
        self, profile: DocumentProfile, before: DocumentProfile | None, *, keep_type: bool
    ) -> tuple[DocumentProfile, str]:
        """`profile` of a new version with what it keeps of the version `before` it, and that in words.

        An upload need not repeat that its document is internal, of which type it is and what it was titled; dates
        belong to one version. Not `keep_type`: the file itself says its type. A folder says everything each time.
        """
        if before is None or self.origin != "upload":
            return profile, ""
        said = self.stated
        kept: dict[str, Any] = {}
        if said.internal is None and before.internal:
            kept["internal"] = True
        if said.source_type is None and keep_type:
            kept["source_type"] = before.source_type
        if said.title is None and before.title_source == "manifest":
            kept["title"] = before.title
        changed = {name: value for name, value in kept.items() if getattr(profile, name) != value}
        if "title" in kept:
            kept["title_source"] = "manifest"
        profile = replace(profile, **kept)
        return profile, " ".join(filter(None, (_kept(changed), _lost(profile, before))))

    @property
    def fingerprint(self) -> list[object]:
        """Empty for a folder, whose manifests are part of the fingerprint anyway."""
        return [] if self.origin == "folder" else [self.origin, self.stated.model_dump(mode="json")]

    def leaves_unchanged(self, known: KnownDocument, digest: str, fingerprint: str) -> bool:
        """Whether a file of this content brings nothing new."""
        if (known.content_hash, known.pipeline_fingerprint) == (digest, fingerprint):
            return True
        # The folder's file is older than the upload that replaced it.
        return self.origin == "folder" and known.origin == "upload" and known.folder_hash == digest


def _kept(values: Mapping[str, Any]) -> str:
    """What a new version keeps, as a sentence."""
    if not values:
        return ""
    words = ", ".join(f"{name} ({str(value).lower() if value is True else value})" for name, value in values.items())
    return f"Kept from it, because nothing else was stated: {words}."


def _lost(profile: DocumentProfile, before: DocumentProfile) -> str:
    """Which stated dates of the version `before` a new one does not have, as a sentence."""
    stated = {
        "effective_date": (before.effective_source, before.effective_date, profile.effective_date),
        "expiry_date": (before.expiry_source, before.expiry_date, profile.expiry_date),
    }
    lost = [
        f"{name} {day.isoformat()}"
        for name, (source, day, after) in stated.items()
        if source == "manifest" and day is not None and day != after
    ]
    return f"Not kept from it: {', '.join(lost)}; state it again if it still holds." if lost else ""


FROM_FOLDER = Provenance()
