"""The catalog as it first was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

AUTO = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table."""
    op.create_table('artifact',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('leaf', sa.BigInteger(), nullable=False),
        sa.Column('object', sa.String(), nullable=False),
        sa.Column('path', sa.String(), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('stored_size', sa.BigInteger(), nullable=False),
        sa.Column('envelope', sa.String(), nullable=False),
        sa.Column('collector', sa.String(), nullable=False),
        sa.Column('collector_version', sa.String(), nullable=False),
        sa.Column('kind', sa.String(), nullable=False),
        sa.Column('scope', sa.String(), nullable=False),
        sa.Column('boundary', sa.String(), nullable=False),
        sa.Column('region', sa.String(), nullable=False),
        sa.Column('source', sa.String(), nullable=False),
        sa.Column('outcome', sa.String(), nullable=False),
        sa.Column('records', sa.BigInteger(), nullable=False),
        sa.Column('window_start', sa.BigInteger(), nullable=True),
        sa.Column('window_end', sa.BigInteger(), nullable=True),
        sa.Column('collected_at', sa.BigInteger(), nullable=False),
        sa.Column('finished_at', sa.BigInteger(), nullable=False),
        sa.Column('recorded_at', sa.BigInteger(), nullable=False),
        sa.Column('lacking', sa.Integer(), nullable=False),
        sa.Column('masked', sa.Integer(), nullable=False),
        sa.Column('error', sa.String(), nullable=False),
        sa.Column('voided_at', sa.BigInteger(), nullable=True),
        sa.Column('void_reason', sa.String(), nullable=False),
        sa.Column('voided_by', sa.String(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('leaf')
    )
    op.create_index('ix_artifact_kind', 'artifact', ['kind', 'collected_at'], unique=False)
    op.create_index('ix_artifact_newest', 'artifact',
        ['collector', 'boundary', 'region', 'outcome', 'collected_at'], unique=False)
    op.create_index('ix_artifact_object', 'artifact', ['object'], unique=False)
    op.create_index('ix_artifact_recorded', 'artifact', ['recorded_at'], unique=False)
    op.create_index('ix_artifact_scope', 'artifact', ['scope', 'collected_at'], unique=False)
    op.create_table('assessment',
        sa.Column('requirement', sa.String(), nullable=False),
        sa.Column('scope', sa.String(), nullable=False),
        sa.Column('boundary', sa.String(), nullable=False),
        sa.Column('axis', sa.String(), nullable=False),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('since', sa.BigInteger(), nullable=False),
        sa.Column('next_change', sa.BigInteger(), nullable=True),
        sa.Column('artifact', sa.String(), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('requirement', 'scope', 'boundary', 'axis')
    )
    op.create_index('ix_assessment_next', 'assessment', ['next_change'], unique=False)
    op.create_table('attempt',
        sa.Column('collector', sa.String(), nullable=False),
        sa.Column('scope', sa.String(), nullable=False),
        sa.Column('boundary', sa.String(), nullable=False),
        sa.Column('region', sa.String(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.Column('outcome', sa.String(), nullable=False),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('artifact', sa.String(), nullable=False),
        sa.PrimaryKeyConstraint('collector', 'scope', 'boundary', 'region')
    )
    op.create_table('expectation',
        sa.Column('id', AUTO, nullable=False),
        sa.Column('scope', sa.String(), nullable=False),
        sa.Column('boundary', sa.String(), nullable=False),
        sa.Column('region', sa.String(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('organization', sa.Boolean(), nullable=False),
        sa.Column('since', sa.BigInteger(), nullable=False),
        sa.Column('until', sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_expectation_scope', 'expectation', ['scope', 'until'], unique=False)
    op.create_table('flip',
        sa.Column('id', AUTO, nullable=False),
        sa.Column('requirement', sa.String(), nullable=False),
        sa.Column('scope', sa.String(), nullable=False),
        sa.Column('boundary', sa.String(), nullable=False),
        sa.Column('axis', sa.String(), nullable=False),
        sa.Column('before', sa.String(), nullable=False),
        sa.Column('after', sa.String(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.Column('noticed_at', sa.BigInteger(), nullable=False),
        sa.Column('artifact', sa.String(), nullable=False),
        sa.Column('reason', sa.String(), nullable=False),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_flip_noticed', 'flip', ['noticed_at'], unique=False)
    op.create_table('leaf',
        sa.Column('index', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('entry', sa.LargeBinary(), nullable=False),
        sa.Column('hash', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('index')
    )
    op.create_table('node',
        sa.Column('level', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('index', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('hash', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('level', 'index')
    )
    op.create_table('outbox',
        sa.Column('id', AUTO, nullable=False),
        sa.Column('key', sa.String(), nullable=False),
        sa.Column('route', sa.String(), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_attempt', sa.BigInteger(), nullable=True),
        sa.Column('delivered_at', sa.BigInteger(), nullable=True),
        sa.Column('error', sa.String(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('key')
    )
    op.create_index('ix_outbox_due', 'outbox', ['delivered_at', 'next_attempt'], unique=False)
    op.create_table('pending',
        sa.Column('seq', AUTO, nullable=False),
        sa.Column('key', sa.String(), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('seq'),
        sa.UniqueConstraint('key')
    )
    op.create_table('summary',
        sa.Column('artifact', sa.String(), nullable=False),
        sa.Column('qualifies', sa.String(), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('artifact', 'qualifies')
    )
    op.create_table('tree',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('store', sa.String(), nullable=False),
        sa.Column('origin', sa.String(), nullable=False),
        sa.Column('epoch', sa.BigInteger(), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('hashes', sa.LargeBinary(), nullable=False),
        sa.Column('recorded_at', sa.BigInteger(), nullable=True),
        sa.Column('published_size', sa.BigInteger(), nullable=False),
        sa.Column('published_hashes', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_table('version',
        sa.Column('id', AUTO, nullable=False),
        sa.Column('kind', sa.String(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('digest', sa.String(), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.Column('holds_from', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_version_kind', 'version', ['kind', 'name', 'holds_from'], unique=False)
    op.create_table('watermark',
        sa.Column('collector', sa.String(), nullable=False),
        sa.Column('boundary', sa.String(), nullable=False),
        sa.Column('region', sa.String(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('collector', 'boundary', 'region')
    )
