"""Holds, deletions, changes of keys and the access log; when an artifact's object was deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

AUTO = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables and the column."""
    op.add_column('artifact', sa.Column('deleted_at', sa.BigInteger(), nullable=True))
    op.create_index('ix_artifact_path', 'artifact', ['path'], unique=False)
    op.create_table('act',
        sa.Column('leaf', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('kind', sa.String(), nullable=False),
        sa.Column('subject', sa.String(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('by', sa.String(), nullable=False),
        sa.Column('reason', sa.String(), nullable=False),
        sa.Column('recorded_at', sa.BigInteger(), nullable=False),
        sa.Column('done', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('leaf')
    )
    op.create_index('ix_act_kind', 'act', ['kind', 'leaf'], unique=False)
    op.create_index('ix_act_subject', 'act', ['subject', 'leaf'], unique=False)
    op.create_table('access',
        sa.Column('id', AUTO, nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.Column('action', sa.String(), nullable=False),
        sa.Column('artifact', sa.String(), nullable=False),
        sa.Column('who', sa.String(), nullable=False),
        sa.Column('host', sa.String(), nullable=False),
        sa.Column('client', sa.String(), nullable=False),
        sa.Column('why', sa.String(), nullable=False),
        sa.Column('detail', sa.String(), nullable=False),
        sa.Column('batch', sa.String(), nullable=False),
        sa.Column('leaf', sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_access_artifact', 'access', ['artifact', 'id'], unique=False)
    op.create_index('ix_access_batch', 'access', ['batch', 'id'], unique=False)
