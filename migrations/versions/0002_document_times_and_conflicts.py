"""Where the dates of a document come from, and the figures that its chunks state."""

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    with op.batch_alter_table("document_versions") as table:
        table.add_column(sa.Column("effective_source", sa.Text(), nullable=True))
        table.add_column(sa.Column("expiry_source", sa.Text(), nullable=True))
    op.create_table(
        "stated_figures",
        sa.Column("chunk_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("subject", "measure", "unit", "qualifiers", "value", "shown")
        ),
        sa.ForeignKeyConstraint(
            ["chunk_id"], ["chunks.id"], name="fk_stated_figures_chunk_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("chunk_id", "number", name="pk_stated_figures"),
    )
    op.create_index("ix_stated_figures_version_id", "stated_figures", ["version_id"])


def downgrade() -> None:
    op.drop_table("stated_figures")
    op.drop_column("document_versions", "expiry_source")
    op.drop_column("document_versions", "effective_source")
