"""Health: whether this instance can serve, for whoever decides to send visitors to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, current_app
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from shortener.database import session
from shortener.links import Link

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 when the database answers and has our tables, else 503; the reason goes to the log only."""
    try:
        session().execute(select(Link.id).limit(1))
    except SQLAlchemyError:
        current_app.logger.exception("not healthy: the database does not answer as it should")
        return "database unavailable\n", 503, {"Content-Type": "text/plain"}
    return "ok\n", {"Content-Type": "text/plain"}
