"""The configuration: from the environment alone, and refused when it is not fit for production.

SECRET_KEY       signs the session cookie; 32 random characters or more
DATABASE_URL     sqlite:////absolute/path/of/the/file, or postgresql://user:password@host/database

All others may be left out:

REDIS_URL        redis://host:6379/0 keeps the counters of the rate limits; without it the database does
LIMIT_CREATE     how many links one visitor may make: "20 per minute; 200 per hour"
LIMIT_LOGIN      how often one visitor may try to log in or register: "10 per minute; 50 per hour"
OWN_HOSTS        further host names of this app, with commas between; no link may lead back to the app
PRIVATE_TARGETS  "refuse" links to private addresses (192.168.0.1, printer.local), or "allow" them
METRICS_TOKEN    opens /metrics to whoever sends it; without it there are no metrics
PROMETHEUS_MULTIPROC_DIR  where the workers keep their metrics; beside the SQLite file, or in $STATE_DIRECTORY
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limits import parse_many
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_LENGTH = 32
PLACEHOLDER = re.compile(
    r"change.{0,3}me|replace.{0,3}me|change.?(this|in.?production)|your.{0,12}secret|placeholder|dev.?secret|"
    r"not.?(so|very)?.?secret|insecure|example",
    re.IGNORECASE,
)
HOW_TO_MAKE_ONE = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
DATABASE_HINT = "set it to sqlite:////absolute/path/of/the/file or postgresql://user:password@host/database"


class ConfigurationError(Exception):
    """The environment is not fit for production; the message says what to do, and holds no secret."""


def refuse_debug(debug: bool) -> None:
    """Raise ConfigurationError when Flask's debug mode is on: its debugger lets a visitor run code."""
    if debug:
        raise ConfigurationError("debug mode is on; unset FLASK_DEBUG and leave out --debug")


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The whole configuration; raises ConfigurationError."""
    secret_key = _secret("SECRET_KEY", environ.get("SECRET_KEY", ""))
    database = _database_url(environ.get("DATABASE_URL", ""))
    token = environ.get("METRICS_TOKEN", "")
    return {
        "SECRET_KEY": secret_key,
        "DATABASE_URL": database,
        "REDIS_URL": _redis_url(environ.get("REDIS_URL", "")),
        "LIMIT_CREATE": _limit("LIMIT_CREATE", environ.get("LIMIT_CREATE") or "20 per minute; 200 per hour"),
        "LIMIT_LOGIN": _limit("LIMIT_LOGIN", environ.get("LIMIT_LOGIN") or "10 per minute; 50 per hour"),
        "OWN_HOSTS": frozenset(environ.get("OWN_HOSTS", "").lower().replace(",", " ").split()),
        "PRIVATE_TARGETS": _choice("PRIVATE_TARGETS", environ.get("PRIVATE_TARGETS") or "refuse") == "allow",
        "METRICS_TOKEN": _secret("METRICS_TOKEN", token) if token else None,
        "METRICS_FOLDER": _metrics_folder(environ, database) if token else None,
        # A browser keeps a `__Host-` cookie only if it is Secure and for this one host.
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        # A form that was left open for an hour is still good; its token lives as long as the session.
        "WTF_CSRF_TIME_LIMIT": None,
        # This would want a Referer, which our own Referrer-Policy (headers.py) tells browsers not to send.
        "WTF_CSRF_SSL_STRICT": False,
        "MAX_CONTENT_LENGTH": 64 * 1024,
    }


def _secret(name: str, value: str) -> str:
    if not value:
        raise ConfigurationError(f"{name} is not set; {HOW_TO_MAKE_ONE}")
    if len(value) < SECRET_LENGTH:
        raise ConfigurationError(
            f"{name} has {len(value)} characters and needs {SECRET_LENGTH} or more; {HOW_TO_MAKE_ONE}"
        )
    if PLACEHOLDER.search(value) or len(set(value)) < 10:
        raise ConfigurationError(f"{name} is a placeholder, not a secret; {HOW_TO_MAKE_ONE}")
    return value


def _database_url(value: str) -> URL:
    if not value:
        raise ConfigurationError(f"DATABASE_URL is not set; {DATABASE_HINT}")
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):  # the value itself stays out of the message: it may hold a password
        raise ConfigurationError(f"DATABASE_URL is not a database URL; {DATABASE_HINT}") from None
    if url.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername != "sqlite":
        raise ConfigurationError(f"DATABASE_URL names {url.drivername}, not sqlite or postgresql; {DATABASE_HINT}")
    path = Path(url.database or "")
    if not path.is_absolute():
        raise ConfigurationError(f"DATABASE_URL must name a file by its absolute path; {DATABASE_HINT}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"DATABASE_URL: the folder {path.parent} is not there or not writable; create it for this user"
        )
    return url


def _redis_url(value: str) -> str | None:
    if value and not value.startswith(("redis://", "rediss://", "redis+unix://")):
        raise ConfigurationError("REDIS_URL is not a Redis URL; set it to redis://host:6379/0, or leave it out")
    return value or None


def _limit(name: str, value: str) -> str:
    try:
        parse_many(value)
    except ValueError:
        raise ConfigurationError(f'{name} is {value!r}; write it like "20 per minute; 200 per hour"') from None
    return value


def _choice(name: str, value: str) -> str:
    if value not in {"allow", "refuse"}:
        raise ConfigurationError(f'{name} is {value!r}; set it to "allow" or "refuse"')
    return value


def _metrics_folder(environ: Mapping[str, str], database: URL) -> str:
    """The folder, made if need be."""
    # systemd sets STATE_DIRECTORY for a unit with StateDirectory=; it may list several.
    state = environ.get("STATE_DIRECTORY", "").split(":")[0] or (
        str(Path(database.database or "").parent) if database.drivername == "sqlite" else ""
    )
    folder = environ.get("PROMETHEUS_MULTIPROC_DIR") or (state and f"{state}/metrics")
    if not folder:
        raise ConfigurationError("METRICS_TOKEN is set, so set PROMETHEUS_MULTIPROC_DIR to a folder for the metrics")
    try:
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"the metrics cannot be kept in {folder}: {error.strerror}") from None
    return folder
