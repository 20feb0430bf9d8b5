"""Every table, once. The migrations build exactly this; the search index (`search_rows`) is the only addition.

Column types mean the same on SQLite and PostgreSQL: instants are UTC and aware, JSON is JSONB where there is such a
thing, vectors are float32 little-endian bytes.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Takes aware datetimes only and always returns UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone cannot be stored")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
BigInt = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map = {str: Text(), datetime: UtcDateTime(), dict[str, Any]: Json, list[Any]: Json}


class TenantRow(Base):
    """`knowledge_version` counts the publications of this tenant; 0 before the first.

    A database restored from a backup counts some of them again. `publication` is random and new with each, so no two
    share it.
    """

    __tablename__ = "tenants"

    id: Mapped[str] = mapped_column(primary_key=True)
    knowledge_version: Mapped[int] = mapped_column(default=0)
    publication: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]


class DocumentRow(Base):
    """A place in the tenant's folder. Its current version is what searches see; None = nothing published (any more).

    `current_version_id` has no foreign key because the versions already point here. `folder` is the absolute path of
    the folder it was ingested from last. An erased document has lost its name and all content; at `wiped_at` the last
    traces of it had gone from the files of the database, too.
    """

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("tenant_id", "source"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    source: Mapped[str]
    current_version_id: Mapped[str | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    folder: Mapped[str | None]
    wiped_at: Mapped[datetime | None]


class VersionRow(Base):
    """One content of a document. `state` is `staged`, `published` or `superseded`, in this order and never back.

    `origin` is `folder` or `upload`. Erasing empties a version and makes its state `erased`. Once chunks of a version
    are deleted, because it was erased or superseded, `erased_chunks` is how many it had, so that indexes which still
    hold them know their ids. The text of a version superseded long ago may be empty.
    """

    __tablename__ = "document_versions"
    __table_args__ = (UniqueConstraint("document_id", "number"), Index(None, "tenant_id", "state"))

    id: Mapped[str] = mapped_column(primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"))
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    number: Mapped[int]
    state: Mapped[str]
    content_hash: Mapped[str]
    pipeline_fingerprint: Mapped[str]
    title: Mapped[str]
    source_type: Mapped[str]
    internal: Mapped[bool]
    effective_date: Mapped[date | None]
    expiry_date: Mapped[date | None]
    effective_source: Mapped[str | None]
    expiry_source: Mapped[str | None]
    title_source: Mapped[str | None]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    text: Mapped[str]
    origin: Mapped[str] = mapped_column(server_default="folder")
    erased_chunks: Mapped[int | None]


class ChunkRow(Base):
    """A slice of a version, `id = f"{version_id}:{ordinal}"`. The vector comes last: most reads do not need it.

    `text_hash` stands for the text that was embedded, which is more than `text`; None in rows of older releases.
    """

    __tablename__ = "chunks"
    __table_args__ = (UniqueConstraint("version_id", "ordinal"), Index(None, "tenant_id", "text_hash"))

    id: Mapped[str] = mapped_column(primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("document_versions.id", ondelete="CASCADE"))
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    ordinal: Mapped[int]
    start: Mapped[int]
    end: Mapped[int]
    page: Mapped[int | None]
    tokens: Mapped[int]
    source_type: Mapped[str]
    internal: Mapped[bool]
    effective_date: Mapped[date | None]
    expiry_date: Mapped[date | None]
    heading_path: Mapped[list[Any]]
    blocks: Mapped[list[Any]]
    text: Mapped[str]
    embedding_model: Mapped[str]
    text_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    embedding: Mapped[bytes] = mapped_column(LargeBinary)


class StatedFigureRow(Base):
    """A figure that a chunk states as a fact; `start` and `end` delimit its sentence or row in the chunk's text."""

    __tablename__ = "stated_figures"

    chunk_id: Mapped[str] = mapped_column(ForeignKey("chunks.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[str] = mapped_column(index=True)
    start: Mapped[int]
    end: Mapped[int]
    subject: Mapped[str]
    measure: Mapped[str]
    unit: Mapped[str]
    qualifiers: Mapped[str]
    value: Mapped[str]
    shown: Mapped[str]


class IndexChangeRow(Base):
    """What derived indexes have to do, in the order of commits. `action` is `add` or `remove`."""

    __tablename__ = "index_changes"
    __table_args__ = ({"sqlite_autoincrement": True},)

    seq: Mapped[int] = mapped_column(BigInt, Identity(), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    version_id: Mapped[str] = mapped_column(ForeignKey("document_versions.id"))
    action: Mapped[str]
    created_at: Mapped[datetime]


class IndexPositionRow(Base):
    """How far a derived index has come."""

    __tablename__ = "index_positions"

    index_name: Mapped[str] = mapped_column(primary_key=True)
    applied_seq: Mapped[int] = mapped_column(BigInt)


class IndexRequestRow(Base):
    """Something asked of the owner of an index; `answer` is empty until it has done it."""

    __tablename__ = "index_requests"
    __table_args__ = (Index(None, "index_name"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    index_name: Mapped[str]
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    action: Mapped[str]
    created_at: Mapped[datetime]
    answer: Mapped[dict[str, Any] | None]


class GenerationRow(Base):
    """The audit row of one message. The lead appears only as a hash, and in the message itself."""

    __tablename__ = "generations"
    __table_args__ = (Index(None, "tenant_id", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    created_at: Mapped[datetime]
    generator: Mapped[str]
    generator_used: Mapped[str]
    fallback: Mapped[str | None]
    request_hash: Mapped[str]
    lead_ref: Mapped[str]
    message: Mapped[str]
    grounding_verdict: Mapped[str]
    knowledge_version: Mapped[int]
    claims: Mapped[list[Any]]
    evidence: Mapped[list[Any]]
    strategy: Mapped[dict[str, Any]]
    versions: Mapped[dict[str, Any]]
    timings: Mapped[dict[str, Any]]


class ApiKeyRecordRow(Base):
    """An API key by its hash; the key itself is never stored. `prefix` lets people recognise it."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("key_hash"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"), index=True)
    name: Mapped[str]
    prefix: Mapped[str]
    key_hash: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class IngestionJobRow(Base):
    """An upload on its way into the knowledge base. `state` is `queued`, `running`, `done` or `failed`.

    `seq` counts the tenant's jobs. The files' bytes lie in the work directory named by `store`, so only a process that
    has that directory may claim the job; it holds the job until `lease_until` and must extend that in time.
    """

    __tablename__ = "ingestion_jobs"
    __table_args__ = (
        UniqueConstraint("tenant_id", "request_key"),
        UniqueConstraint("tenant_id", "seq"),
        Index(None, "store", "state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInt)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    store: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    request_key: Mapped[str | None]
    request_hash: Mapped[str]
    stated: Mapped[dict[str, Any]]
    files: Mapped[list[Any]]
    done: Mapped[int]
    attempts: Mapped[int]
    worker: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    knowledge_version: Mapped[int | None]
    failure: Mapped[str | None]
