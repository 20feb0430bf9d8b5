"""How the files of an ingestion arrive."""

from dataclasses import dataclass, field, replace

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
        return replace(profile, **stated)

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


FROM_FOLDER = Provenance()
