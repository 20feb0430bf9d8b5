"""A word by which each publication of a tenant differs from all others, also from those of a restored database."""

import uuid

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None

_tenants = sa.table("tenants", sa.column("id", sa.Text()), sa.column("publication", sa.Text()))


def upgrade() -> None:
    op.add_column("tenants", sa.Column("publication", sa.Text(), server_default="", nullable=False))
    connection = op.get_bind()
    for tenant in connection.execute(sa.select(_tenants.c.id)).scalars().all():
        named = sa.update(_tenants).where(_tenants.c.id == tenant)
        connection.execute(named.values(publication=uuid.uuid4().hex))


def downgrade() -> None:
    op.drop_column("tenants", "publication")
