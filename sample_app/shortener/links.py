"""Links: a short code that leads to a target, and how often it was followed."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from flask import current_app
from sqlalchemy import ForeignKey, String, bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from shortener import codes, targets
from shortener.database import Base, Moment, session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

ATTEMPTS = 10
PAGE_LENGTH = 20


class Link(Base):
    """A short link; `hits` counts the visits, `expires_at` None = never, `owner_id` None = made without an account."""

    __tablename__ = "link"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(codes.MAX_LENGTH), unique=True)
    target: Mapped[str] = mapped_column(String(targets.MAX_LENGTH))
    hits: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)
    # The same for the same wish: what finds a duplicate, in one index over short values.
    # None = made by the release before, while this one was being deployed.
    fingerprint: Mapped[str | None] = mapped_column(String(64), unique=True)

    @property
    def expired(self) -> bool:
        """Whether it no longer leads anywhere."""
        return is_over(self.expires_at)


class Wish(NamedTuple):
    """What somebody wants: a clean target, for an owner or none, with an alias or none, until a moment or for ever."""

    target: str
    owner_id: int | None = None
    alias: str | None = None
    expires_at: datetime | None = None

    @property
    def fingerprint(self) -> str:
        """64 characters that are equal for equal wishes."""
        return hashlib.sha256(json.dumps(self, default=datetime.isoformat).encode()).hexdigest()


def is_over(expires_at: datetime | None) -> bool:
    """Whether this moment has come; None never does."""
    return expires_at is not None and expires_at <= datetime.now(UTC)


def shorten(wish: Wish) -> tuple[Link, bool]:
    """The link that fulfils the wish, and whether it is new; raises codes.AliasError when the alias is taken."""
    for _ in range(ATTEMPTS):
        if link := session().scalar(select(Link).where(Link.fingerprint == wish.fingerprint)):
            return link, False
        code = wish.alias or codes.draw()
        if wish.alias and find(code):
            raise codes.AliasError(f"“{code}” is already taken. Please choose another alias.")
        link = Link(
            code=code,
            target=wish.target,
            owner_id=wish.owner_id,
            expires_at=wish.expires_at,
            fingerprint=wish.fingerprint,
        )
        session().add(link)
        try:
            session().commit()
        except IntegrityError:  # another worker was first with this wish, or the code is taken: look again
            session().rollback()
        else:
            return link, True
    raise RuntimeError(f"no free code in {ATTEMPTS} attempts; codes.LENGTH is too small for so many links")


def find(code: str) -> Link | None:
    """The link with this code."""
    return session().scalar(select(Link).where(Link.code == code))


# Redirects are most of what this app does: the statement is built once, and no object is made of what it finds.
LEAD = select(Link.id, Link.target, Link.expires_at).where(Link.code == bindparam("code"))


def lead(code: str) -> Row[tuple[int, str, datetime | None]] | None:
    """id, target and expires_at of the link with this code."""
    with current_app.extensions["engine"].connect() as connection:
        row: Row[tuple[int, str, datetime | None]] | None = connection.execute(LEAD, {"code": code}).one_or_none()
    return row


def delete(link: Link) -> None:
    """Delete it; its code is free again."""
    session().delete(link)
    session().commit()


class Page(NamedTuple):
    """Some of an owner's links, newest first: page `number` of `pages`, of `total` links that match."""

    links: Sequence[Link]
    number: int
    pages: int
    total: int


def search(owner_id: int, text: str, number: int) -> Page:
    """The page with this number, or the nearest there is, of the links with `text` in their code or target."""
    matching = select(Link).where(Link.owner_id == owner_id)
    if text:
        matching = matching.where(
            Link.code.icontains(text, autoescape=True) | Link.target.icontains(text, autoescape=True)
        )
    total = session().scalar(select(func.count()).select_from(matching.subquery())) or 0
    pages = max(1, -(-total // PAGE_LENGTH))
    number = min(max(1, number), pages)
    some = matching.order_by(Link.id.desc()).limit(PAGE_LENGTH).offset((number - 1) * PAGE_LENGTH)
    return Page(session().scalars(some).all(), number, pages, total)
