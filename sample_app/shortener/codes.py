"""Codes: what stands after the slash in a short link, drawn at random or chosen as an alias."""

import re
import secrets

from flask import Flask
from werkzeug.routing import BaseConverter
from wtforms import ValidationError

# No vowels, so that a code is never a word (nor one of our own paths); nothing easily misread (0O, 1lI).
ALPHABET = "23456789bcdfghjkmnpqrstvwxyzBCDFGHJKLMNPQRSTVWXYZ"
# 49 ** 7 is 678 thousand million codes: with a million links, a guess finds one in 678,000 times.
LENGTH = 7
MAX_LENGTH = 64
# Words of our own, in use or likely to be.
# fmt: off
RESERVED = frozenset((
    "about", "account", "admin", "api", "assets", "contact", "favicon", "healthz", "help", "home", "imprint",
    "legal", "links", "login", "logout", "metrics", "password", "privacy", "readyz", "register", "robots",
    "security", "settings", "sitemap", "static", "status", "support", "terms", "tokens",
))
# fmt: on


class CodeConverter(BaseConverter):
    """In a route, `<code:code>`: only what can be a code, so that anything else is not even looked up."""

    regex = f"[A-Za-z0-9_-]{{1,{MAX_LENGTH}}}"


def init_app(app: Flask) -> None:
    """Let routes say `<code:code>`."""
    app.url_map.converters["code"] = CodeConverter


def draw() -> str:
    """A code that tells nothing about any other."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def parse_alias(text: str) -> str | None:
    """`text` as an alias, in lower case, so that it can be read out aloud; None = none; raises ValidationError."""
    alias = text.strip().lower()
    if not alias:
        return None
    if not 3 <= len(alias) <= MAX_LENGTH:
        raise ValidationError(f"An alias has 3 to {MAX_LENGTH} characters; this one has {len(alias):,}.")
    if not re.fullmatch(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])", alias):
        raise ValidationError("An alias is made of letters a to z, digits, and hyphens or underscores between them.")
    if alias in RESERVED:
        raise ValidationError(f"“{alias}” is a word that this site keeps for itself. Please choose another.")
    return alias
