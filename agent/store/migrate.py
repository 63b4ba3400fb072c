"""The catalog's shape: brought to this version at open by a writer, refused where it is newer."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from agent.errors import StoreError
from agent.store.catalog import Catalog
from agent.store.faults import reaching

HEAD = "0003"
"""The newest revision below `migrations/versions`."""
SCRIPTS = Path(__file__).parent / "migrations"


def revision(catalog: Catalog) -> str:
    """Return the revision of the catalog, '' where it has none yet."""
    with reaching("open the catalog"), catalog.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def bring_up(catalog: Catalog, *, writer: bool) -> None:
    """Migrate the catalog, or raise `StoreError` where this process may not or cannot."""
    found = revision(catalog)
    if found == HEAD:
        return
    if found and found not in known():
        raise StoreError(
            f"This store has the newer schema {found}; this version of annexa knows {HEAD}",
            advice="Install the version of annexa that wrote it, or a later one",
        )
    if not writer:
        if not found:
            raise StoreError("There is no store yet", advice="Run `annexa collect` first")
        raise StoreError(f"This store has the older schema {found}", advice="Start the agent once, which migrates it")
    with reaching("migrate the catalog"), catalog.engine.execution_options(annexa_write=True).begin() as connection:
        upgrade(connection)


def known() -> set[str]:
    """Return every revision that this version ships."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - 0.2 s that only a migration needs

    return {script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()}


def upgrade(connection: Connection) -> None:
    """Run the migrations that are lacking on an open connection."""
    from alembic import command  # noqa: PLC0415 - see `known`
    from alembic.config import Config  # noqa: PLC0415 - see `known`

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
