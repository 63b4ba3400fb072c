"""The steps of sampling: populations, draws, results."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table('sampling',
        sa.Column('leaf', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('step', sa.String(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('document', sa.String(), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.Column('recorded_at', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('leaf')
    )
    op.create_index('ix_sampling_name', 'sampling', ['name', 'leaf'], unique=False)
