"""What Alembic runs for `flask db upgrade` and its like."""

import logging

from alembic import context
from flask import current_app

from shortener.database import Base

logging.basicConfig(format="%(message)s")
logging.getLogger("alembic.runtime.migration").setLevel(logging.INFO)

with current_app.extensions["engine"].begin() as connection:
    if connection.dialect.name == "sqlite":
        # All or nothing: without this, SQLite keeps the first half of a migration that fails in its second.
        # It also makes a second `upgrade` at the same time wait, and then find nothing to do.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    context.configure(
        connection,
        target_metadata=Base.metadata,
        transactional_ddl=True,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
