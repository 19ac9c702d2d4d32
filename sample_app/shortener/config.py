"""The configuration: from the environment alone, and refused when it is not fit for production.

README.md tells what each setting means.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from limits import parse_many
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

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


def from_environment(environ: Mapping[str, str], debug: bool = False) -> dict[str, Any]:
    """The whole configuration; raises ConfigurationError."""
    # Its debugger would let any visitor run code.
    _require(not debug, "debug mode is on; unset FLASK_DEBUG and leave out --debug")
    token = environ.get("METRICS_TOKEN")
    redis = environ.get("REDIS_URL", "")
    is_redis = re.match(r"(redis|rediss|redis\+unix)://|\Z", redis)
    _require(is_redis, "REDIS_URL is not a Redis URL; set it to redis://host:6379/0, or leave it out")
    private = environ.get("PRIVATE_TARGETS") or "refuse"
    _require(private in {"allow", "refuse"}, f'PRIVATE_TARGETS is {private!r}; set it to "allow" or "refuse"')
    return {
        "SECRET_KEY": _secret("SECRET_KEY", environ.get("SECRET_KEY", "")),
        "DATABASE_URL": _database_url(environ.get("DATABASE_URL", "")),
        "RATELIMIT_STORAGE_URI": redis or "database://",
        "LIMIT_CREATE": _limit("LIMIT_CREATE", environ.get("LIMIT_CREATE") or "20 per minute; 200 per hour"),
        "LIMIT_LOGIN": _limit("LIMIT_LOGIN", environ.get("LIMIT_LOGIN") or "10 per minute; 50 per hour"),
        "OWN_HOSTS": set(environ.get("OWN_HOSTS", "").lower().replace(",", " ").split()),
        "ALLOW_PRIVATE_TARGETS": private == "allow",
        "METRICS_TOKEN": _secret("METRICS_TOKEN", token) if token else None,
        "METRICS_FOLDER": _metrics_folder(environ) if token else None,
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


def _require(fit: object, problem: str) -> None:
    if not fit:
        raise ConfigurationError(problem)


def _secret(name: str, value: str) -> str:
    _require(value, f"{name} is not set; {HOW_TO_MAKE_ONE}")
    short = f"{name} has {len(value)} characters and needs {SECRET_LENGTH} or more; {HOW_TO_MAKE_ONE}"
    _require(len(value) >= SECRET_LENGTH, short)
    guessable = PLACEHOLDER.search(value) or len(set(value)) < 10
    _require(not guessable, f"{name} is a placeholder, not a secret; {HOW_TO_MAKE_ONE}")
    return value


def _database_url(value: str) -> URL:
    # The value itself stays out of all messages: it may hold a password.
    _require(value, f"DATABASE_URL is not set; {DATABASE_HINT}")
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise ConfigurationError(f"DATABASE_URL is not a database URL; {DATABASE_HINT}") from None
    if url.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    path = Path(url.database or "")
    known = url.drivername == "sqlite" and path.is_absolute()
    _require(known, f"DATABASE_URL names neither PostgreSQL nor a file by its absolute path; {DATABASE_HINT}")
    usable = os.access(path.parent, os.W_OK | os.X_OK)
    _require(usable, f"DATABASE_URL: the folder {path.parent} is not there or not writable; create it for this user")
    return url


def _limit(name: str, value: str) -> str:
    try:
        parse_many(value)
    except ValueError:
        raise ConfigurationError(f'{name} is {value!r}; write it like "20 per minute; 200 per hour"') from None
    return value


def _metrics_folder(environ: Mapping[str, str]) -> str:
    """The folder, made if need be."""
    # systemd sets STATE_DIRECTORY for a unit with StateDirectory=; it may list several.
    state = environ.get("STATE_DIRECTORY", "").split(":")[0]
    folder = environ.get("PROMETHEUS_MULTIPROC_DIR") or (state and f"{state}/metrics")
    _require(folder, "METRICS_TOKEN is set, so set PROMETHEUS_MULTIPROC_DIR to a folder for the metrics")
    try:
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"the metrics cannot be kept in {folder}: {error.strerror}") from None
    return folder
