from alembic import context
from flask import current_app

database = current_app.extensions["migrate"].db
with database.engine.begin() as connection:
    context.configure(connection, target_metadata=database.metadata)
    with context.begin_transaction():
        context.run_migrations()
