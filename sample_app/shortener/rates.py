"""Rates: how often one visitor may do what costs us something, counted over all workers together."""

from __future__ import annotations

import hashlib
import ipaddress
import time
from typing import TYPE_CHECKING

from flask import current_app, g, request
from flask_limiter import Limiter
from flask_login import current_user
from limits.storage import Storage
from sqlalchemy import BigInteger, String, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from shortener.database import Base

if TYPE_CHECKING:
    from flask import Flask, Response
    from sqlalchemy import Engine


class Rate(Base):
    """A counter that ends at a Unix time and then starts anew; `key` is a digest, so it tells of no address."""

    __tablename__ = "rate"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    hits: Mapped[int]
    ends: Mapped[int] = mapped_column(BigInteger, index=True)


# One statement, so that two workers that count at once count two.
COUNT = text("""
    INSERT INTO rate (key, hits, ends) VALUES (:key, :amount, :now + :seconds)
    ON CONFLICT (key) DO UPDATE SET
        hits = CASE WHEN rate.ends <= :now THEN :amount ELSE rate.hits + :amount END,
        ends = CASE WHEN rate.ends <= :now THEN :now + :seconds ELSE rate.ends END
    RETURNING hits
""")
GET = text("SELECT hits, ends FROM rate WHERE key = :key AND ends > :now")
FORGET_ENDED = text("DELETE FROM rate WHERE ends <= :now")


class DatabaseStorage(Storage):
    """The counters of Flask-Limiter, in the current app's database."""

    STORAGE_SCHEME = ["database"]  # noqa: RUF012  (the base class declares it so)

    @property
    def base_exceptions(self) -> type[Exception]:
        """What may go wrong here."""
        return SQLAlchemyError

    @property
    def _engine(self) -> Engine:
        engine: Engine = current_app.extensions["engine"]
        return engine

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; returns how many there are until `expiry` seconds after the first of them."""
        values = {"key": _digest(key), "amount": amount, "now": int(time.time()), "seconds": expiry}
        with self._engine.begin() as connection:
            hits: int = connection.execute(COUNT, values).scalar_one()
        if hits == amount:  # now and then
            with self._engine.begin() as connection:
                connection.execute(FORGET_ENDED, values)
        return hits

    def get(self, key: str) -> int:
        """How many there are."""
        return self._read(key)[0]

    def get_expiry(self, key: str) -> float:
        """When they end, as a Unix time."""
        return self._read(key)[1]

    def _read(self, key: str) -> tuple[int, int]:
        now = int(time.time())
        with self._engine.connect() as connection:
            row = connection.execute(GET, {"key": _digest(key), "now": now}).one_or_none()
        return (row.hits, row.ends) if row else (0, now)

    def check(self) -> bool:
        """Whether the database counts (again)."""
        try:
            self.incr("check", 1)
        except SQLAlchemyError:
            return False
        return True

    def clear(self, key: str) -> None:
        """Forget one."""
        with self._engine.begin() as connection:
            connection.execute(text("DELETE FROM rate WHERE key = :key"), {"key": _digest(key)})

    def reset(self) -> int:
        """Forget all; returns how many."""
        with self._engine.begin() as connection:
            return connection.execute(text("DELETE FROM rate")).rowcount


def address() -> str:
    """Whoever asks, by network address; of IPv6 only the half that a provider gives to one household."""
    try:
        ip = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:  # a Unix socket without a proxy
        return "local"
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))


def visitor() -> str:
    """Whoever asks: a user, wherever they are, else an address."""
    user = g.get("user", current_user)  # of the API, or of the session
    return f"user {user.id}" if user.is_authenticated else address()


def account() -> str:
    """The account that somebody tries to log in to."""
    return request.form.get("name", "").strip().lower() or "none"


def failed(response: Response) -> bool:
    """Whether the form was refused."""
    return response.status_code == 422


# When the counters cannot be reached, each worker counts for itself until they can.
limiter = Limiter(address, in_memory_fallback_enabled=True)
creation = limiter.shared_limit(
    lambda: current_app.config["LIMIT_CREATE"], scope="create", key_func=visitor, methods=["POST"]
)
login = limiter.shared_limit(lambda: current_app.config["LIMIT_LOGIN"], scope="login", methods=["POST"])
# Against guessing one user's password from many addresses.
guesses = limiter.limit("100 per day", key_func=account, methods=["POST"], deduct_when=failed)


def init_app(app: Flask) -> None:
    """Have the limits watched; where they are counted, the configuration says."""
    app.config["RATELIMIT_STORAGE_URI"] = app.config["REDIS_URL"] or "database://"
    limiter.init_app(app)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
