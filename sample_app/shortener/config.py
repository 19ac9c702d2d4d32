"""The configuration: from the environment alone, and refused when it is not fit for production.

SECRET_KEY     signs the session cookie; 32 random characters or more
DATABASE_URL   sqlite:////absolute/path/of/the/file
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import make_url
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


class ConfigurationError(Exception):
    """The environment is not fit for production; the message says what to do, and holds no secret."""


def refuse_debug(debug: bool) -> None:
    """Raise ConfigurationError when Flask's debug mode is on: its debugger lets a visitor run code."""
    if debug:
        raise ConfigurationError("debug mode is on; unset FLASK_DEBUG and leave out --debug")


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The whole configuration; raises ConfigurationError."""
    return {
        "SECRET_KEY": _secret_key(environ.get("SECRET_KEY", "")),
        "DATABASE_URL": _database_url(environ.get("DATABASE_URL", "")),
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


def _secret_key(value: str) -> str:
    if not value:
        raise ConfigurationError(f"SECRET_KEY is not set; {HOW_TO_MAKE_ONE}")
    if len(value) < SECRET_LENGTH:
        raise ConfigurationError(
            f"SECRET_KEY has {len(value)} characters and needs {SECRET_LENGTH} or more; {HOW_TO_MAKE_ONE}"
        )
    if PLACEHOLDER.search(value) or len(set(value)) < 10:
        raise ConfigurationError(f"SECRET_KEY is a placeholder, not a secret; {HOW_TO_MAKE_ONE}")
    return value


def _database_url(value: str) -> str:
    hint = "set it to sqlite:////absolute/path/of/the/file"
    if not value:
        raise ConfigurationError(f"DATABASE_URL is not set; {hint}")
    try:
        url = make_url(value)
    except ArgumentError:  # the value itself stays out of the message: it may hold a password
        raise ConfigurationError(f"DATABASE_URL is not a database URL; {hint}") from None
    if url.drivername != "sqlite":
        raise ConfigurationError(f"DATABASE_URL names {url.drivername}, not sqlite; {hint}")
    path = Path(url.database or "")
    if not path.is_absolute():
        raise ConfigurationError(f"DATABASE_URL must name a file by its absolute path; {hint}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"DATABASE_URL: the folder {path.parent} is not there or not writable; create it for this user"
        )
    return value
