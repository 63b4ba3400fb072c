"""Runs migrations on the connection that the store hands over; alembic's own command line is not used."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from agent.store import tables  # noqa: F401 - importing it fills the metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
