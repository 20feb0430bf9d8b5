"""Where documents were found, which text a vector is of, and requests to whoever owns an index."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("documents", sa.Column("folder", sa.Text(), nullable=True))
    op.add_column("chunks", sa.Column("text_hash", sa.LargeBinary(), nullable=True))
    op.create_index("ix_chunks_tenant_id_text_hash", "chunks", ["tenant_id", "text_hash"])
    op.create_table(
        "index_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("index_name", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("answer", Json, nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_index_requests_tenant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_index_requests"),
    )
    op.create_index("ix_index_requests_index_name", "index_requests", ["index_name"])


def downgrade() -> None:
    op.drop_table("index_requests")
    op.drop_index("ix_chunks_tenant_id_text_hash", "chunks")
    op.drop_column("chunks", "text_hash")
    op.drop_column("documents", "folder")
