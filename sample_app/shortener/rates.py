"""Rates: how often one visitor may do what costs us something, counted over all workers together."""

import hashlib
import ipaddress
import time
from contextlib import suppress

from flask import Flask, current_app, g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user
from limits.storage import Storage
from sqlalchemy import BigInteger, ColumnElement, String, delete, text, true
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from shortener.database import Base


class Rate(Base):
    """A counter that ends at a Unix time and then starts anew; `key` is a digest, so it tells of no address."""

    __tablename__ = "rate"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    hits: Mapped[int]
    ends: Mapped[int] = mapped_column(BigInteger, index=True)


# One statement, so that two workers that count at once count two. To add 0 is to read.
COUNT = text("""
    INSERT INTO rate (key, hits, ends) VALUES (:key, :amount, :now + :seconds)
    ON CONFLICT (key) DO UPDATE SET
        hits = CASE WHEN rate.ends <= :now THEN :amount ELSE rate.hits + :amount END,
        ends = CASE WHEN rate.ends <= :now THEN :now + :seconds ELSE rate.ends END
    RETURNING hits, ends
""")


class DatabaseStorage(Storage):
    """The counters of Flask-Limiter, in the current app's database; the methods are those that it asks for."""

    STORAGE_SCHEME = ["database"]  # noqa: RUF012  (the base class declares it so)
    base_exceptions = SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; returns how many there are until `expiry` seconds after the first of them."""
        hits, _ = self._add(key, amount, expiry)
        if hits == amount:  # now and then; and not in the same transaction: two workers might wait for each other
            self._forget(Rate.ends <= int(time.time()))
        return hits

    def get(self, key: str) -> int:
        """How many there are."""
        return self._add(key)[0]

    def get_expiry(self, key: str) -> float:
        """When they end, as a Unix time."""
        return self._add(key)[1]

    def check(self) -> bool:
        """Whether the database counts (again)."""
        with suppress(SQLAlchemyError):
            return self.get("check") >= 0
        return False

    def clear(self, key: str) -> None:
        """Forget one."""
        self._forget(Rate.key == _digest(key))

    def reset(self) -> None:
        """Forget all."""
        self._forget(true())

    def _add(self, key: str, amount: int = 0, seconds: int = 0) -> tuple[int, int]:
        values = {"key": _digest(key), "amount": amount, "now": int(time.time()), "seconds": seconds}
        with current_app.extensions["engine"].begin() as connection:
            hits, ends = connection.execute(COUNT, values).one()
        return hits, ends

    def _forget(self, which: ColumnElement[bool]) -> None:
        with current_app.extensions["engine"].begin() as connection:
            connection.execute(delete(Rate).where(which))


def address() -> str:
    """Whoever asks, by network address; of IPv6 only the half that a provider gives to one household."""
    ip = get_remote_address()
    return str(ipaddress.ip_network(f"{ip}/64", strict=False)) if ":" in ip else ip


def visitor() -> str:
    """Whoever asks: a user, wherever they are, else an address."""
    user = g.get("user", current_user)  # of the API, or of the session
    return f"user {user.id}" if user.is_authenticated else address()


# When the counters cannot be reached, each worker counts for itself until they can.
limiter = Limiter(address, in_memory_fallback_enabled=True)
creation = limiter.shared_limit(
    lambda: current_app.config["LIMIT_CREATE"], scope="create", key_func=visitor, methods=["POST"]
)
login = limiter.shared_limit(lambda: current_app.config["LIMIT_LOGIN"], scope="login", methods=["POST"])


def init_app(app: Flask) -> None:
    """Have the limits watched; where they are counted, the configuration says."""
    limiter.init_app(app)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
