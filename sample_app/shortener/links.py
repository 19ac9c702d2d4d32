"""Links: a short code that leads to a target, and how often it was followed."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from flask import current_app
from sqlalchemy import ForeignKey, Row, String, bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import ValidationError

from shortener import codes, targets
from shortener.database import Base, Moment, session

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


def is_over(expires_at: datetime | None) -> bool:
    """Whether this moment has come; None never does."""
    return expires_at is not None and expires_at <= datetime.now(UTC)


def shorten(
    target: str, *, owner_id: int | None = None, alias: str | None = None, expires_at: datetime | None = None
) -> tuple[Link, bool]:
    """The link that fulfils this wish, and whether it is new; raises ValidationError when the alias is taken."""
    wish = json.dumps([target, owner_id, alias, expires_at], default=datetime.isoformat)
    fingerprint = hashlib.sha256(wish.encode()).hexdigest()
    for _ in range(ATTEMPTS):
        if link := session().scalar(select(Link).where(Link.fingerprint == fingerprint)):
            return link, False
        code = alias or codes.draw()
        if alias and find(code):
            raise ValidationError(f"“{code}” is already taken. Please choose another alias.")
        link = Link(code=code, target=target, owner_id=owner_id, expires_at=expires_at, fingerprint=fingerprint)
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


# Redirects are most of what this app does: no object is made of what is found, which takes a third of the time.
LEAD = select(Link.id, Link.target, Link.expires_at).where(Link.code == bindparam("code"))


def lead(code: str) -> Row[tuple[int, str, datetime | None]] | None:
    """id, target and expires_at of the link with this code."""
    with current_app.extensions["engine"].connect() as connection:
        row: Row[tuple[int, str, datetime | None]] | None = connection.execute(LEAD, {"code": code}).one_or_none()
    return row


def owned(owner_id: int, code: str) -> Link | None:
    """The link with this code, if it is this user's."""
    return session().scalar(select(Link).where(Link.code == code, Link.owner_id == owner_id))


def delete(link: Link) -> None:
    """Delete it; its code is free again."""
    session().delete(link)
    session().commit()


class Page(NamedTuple):
    """Some of an owner's links, newest first: page `number` of `pages`, of `total` links that match `text`."""

    links: Sequence[Link]
    text: str
    number: int
    pages: int
    total: int


def search(owner_id: int, text: str, number: int) -> Page:
    """The page with this number, or the nearest there is, of the links with `text` in their code or target."""
    text = text.replace("\0", "").strip()  # no link has a null character, and PostgreSQL does not even let one ask
    found = Link.code.icontains(text, autoescape=True) | Link.target.icontains(text, autoescape=True)
    matching = select(Link).where(Link.owner_id == owner_id, found)
    total = session().scalar(select(func.count()).select_from(matching.subquery())) or 0
    pages = max(1, -(-total // PAGE_LENGTH))
    number = min(max(1, number), pages)
    some = matching.order_by(Link.id.desc()).limit(PAGE_LENGTH).offset((number - 1) * PAGE_LENGTH)
    return Page(session().scalars(some).all(), text, number, pages, total)
