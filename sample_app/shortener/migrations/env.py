"""What Alembic runs for `flask db upgrade` and its like."""

from alembic import context
from flask import current_app

from shortener.database import Base

with current_app.extensions["engine"].begin() as connection:
    # A second `upgrade` at the same time waits here, and then finds nothing to do.
    if connection.dialect.name == "sqlite":
        # All or nothing, too: without this, SQLite keeps the first half of a migration that fails in its second.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('shortener migrations'))")
    context.configure(
        connection,
        target_metadata=Base.metadata,
        transactional_ddl=True,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
