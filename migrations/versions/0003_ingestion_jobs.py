"""Uploads and their jobs, where documents come from, and what an erased document leaves behind."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("documents", sa.Column("erased_at", Instant, nullable=True))
    op.add_column("documents", sa.Column("wiped_at", Instant, nullable=True))
    op.add_column("document_versions", sa.Column("origin", sa.Text(), nullable=False, server_default="folder"))
    op.add_column("document_versions", sa.Column("erased_chunks", sa.Integer(), nullable=True))
    op.create_table(
        "ingestion_jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seq", BigInt, nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("started_at", Instant, nullable=True),
        sa.Column("finished_at", Instant, nullable=True),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("stated", Json, nullable=False),
        sa.Column("files", Json, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_until", Instant, nullable=True),
        sa.Column("knowledge_version", sa.Integer(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_ingestion_jobs_tenant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ingestion_jobs"),
        sa.UniqueConstraint("tenant_id", "request_key", name="uq_ingestion_jobs_tenant_id_request_key"),
        sa.UniqueConstraint("tenant_id", "seq", name="uq_ingestion_jobs_tenant_id_seq"),
    )
    op.create_index("ix_ingestion_jobs_store_state", "ingestion_jobs", ["store", "state"])


def downgrade() -> None:
    op.drop_table("ingestion_jobs")
    with op.batch_alter_table("document_versions") as table:
        table.drop_column("erased_chunks")
        table.drop_column("origin")
    with op.batch_alter_table("documents") as table:
        table.drop_column("wiped_at")
        table.drop_column("erased_at")
