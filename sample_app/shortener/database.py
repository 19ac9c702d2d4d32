"""The database: one engine with pooled connections per process, one session per request."""

import sqlite3
from datetime import UTC, datetime
from typing import Any

from flask import Flask, current_app, g
from flask_migrate import Migrate
from sqlalchemy import DateTime, Dialect, Engine, TypeDecorator, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.orm import DeclarativeBase, Session

BUSY_SECONDS = 5


class Base(DeclarativeBase):
    """The base of every model."""


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no time zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def init_app(app: Flask) -> None:
    """Give the app its engine (nothing is opened yet), its sessions, and the `flask db` commands."""
    app.extensions["engine"] = connect(app.config["DATABASE_URL"])
    app.teardown_appcontext(close)
    Migrate(app, Base, directory=f"{app.root_path}/migrations")


def connect(url: URL) -> Engine:
    """An engine for `url`; with SQLite, one that several processes can share."""
    # What was typed stays out of error messages, and so out of the log.
    options: dict[str, Any] = {"hide_parameters": True}
    if url.drivername != "sqlite":
        # The server may have been restarted since a connection was last used.
        options |= {"pool_pre_ping": True, "connect_args": {"connect_timeout": BUSY_SECONDS}}
    engine = create_engine(url, **options)
    if url.drivername == "sqlite":
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
    connection.execute("PRAGMA foreign_keys = ON")
