"""The database: one engine with pooled connections per process, one session per request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, g
from flask_migrate import Migrate  # type: ignore[import-untyped]
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session

if TYPE_CHECKING:
    import sqlite3

    from flask import Flask

BUSY_SECONDS = 5


class Base(DeclarativeBase):
    """The base of every model."""


def init_app(app: Flask) -> None:
    """Give the app its engine (nothing is opened yet), its sessions, and the `flask db` commands."""
    app.extensions["engine"] = connect(app.config["DATABASE_URL"])
    app.teardown_appcontext(close)
    Migrate(app, Base, directory=f"{app.root_path}/migrations")


def connect(url: str) -> Engine:
    """An engine for `url`; with SQLite, one that several processes can share."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _share_sqlite)
    return engine


def session() -> Session:
    """This request's session: opened on first use, closed at the end; what was not committed is undone."""
    if "database" not in g:
        g.database = Session(current_app.extensions["engine"])
    opened: Session = g.database
    return opened


def close(error: BaseException | None = None) -> None:
    """Close this request's session, if it opened one."""
    if opened := g.pop("database", None):
        opened.close()


def _share_sqlite(connection: sqlite3.Connection, record: object) -> None:
    # Wait for another process's write instead of failing at once.
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    # Readers and the one writer do not stop each other.
    connection.execute("PRAGMA journal_mode = WAL")
    # Safe with WAL: a power cut may cost the last moments, never the file; a crash of the app costs nothing.
    connection.execute("PRAGMA synchronous = NORMAL")
