"""Whether a title was stated with an upload, so that the next version can keep it."""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("document_versions", sa.Column("title_source", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("document_versions", "title_source")
