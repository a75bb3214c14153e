"""Run by alembic: the revisions of the ledger, over the connection that the caller has opened."""

from __future__ import annotations

from alembic import context

from flows.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=context.config.attributes["version_table"],
)
context.run_migrations()
