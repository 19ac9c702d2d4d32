"""Health: whether this process lives, and whether it can serve, for whoever decides to send visitors to it."""

from functools import cache

from alembic.script import ScriptDirectory
from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

blueprint = Blueprint("health", __name__)
PLAIN = {"Content-Type": "text/plain"}


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 as long as this process answers; a new one would not cure a database that does not."""
    return "ok\n", PLAIN


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """200 when the database answers and is migrated, else 503; the reason goes to the log only."""
    try:
        with current_app.extensions["engine"].connect() as connection:
            revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        current_app.logger.exception("not ready: the database does not answer as it should")
        return "not ready\n", 503, PLAIN
    head, known = _migrations(f"{current_app.root_path}/migrations")
    # One that we do not know is of a later release, which migrates before it takes over; until then we serve.
    if revision is None or (revision != head and revision in known):
        current_app.logger.error("not ready: the database is at migration %s, not %s", revision, head)
        return "not ready\n", 503, PLAIN
    return "ready\n", PLAIN


@cache
def _migrations(folder: str) -> tuple[str | None, set[str]]:
    """The last migration that this release knows, and all of them."""
    script = ScriptDirectory(folder)
    return script.get_current_head(), {step.revision for step in script.walk_revisions()}
