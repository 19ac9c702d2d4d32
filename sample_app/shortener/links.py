"""Links: a short code that leads to a target, and how often it was followed."""

import secrets
from datetime import datetime

from flask import current_app
from sqlalchemy import DateTime, String, func, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from shortener import targets
from shortener.database import Base, session

# No vowels, so that a code is never a word (nor one of our own paths); nothing easily misread (0O, 1lI).
ALPHABET = "23456789bcdfghjkmnpqrstvwxyzBCDFGHJKLMNPQRSTVWXYZ"
# 49 ** 7 is 678 thousand million codes: with a million links, a guess finds one in 678,000 times.
CODE_LENGTH = 7
ATTEMPTS = 10


class Link(Base):
    """A short link; `hits` counts the visits."""

    __tablename__ = "link"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    target: Mapped[str] = mapped_column(String(targets.MAX_LENGTH), unique=True)
    hits: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


def new_code() -> str:
    """A code that tells nothing about any other."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def find(code: str) -> Link | None:
    """The link with this code."""
    return session().scalar(select(Link).where(Link.code == code))


def shorten(target: str) -> Link:
    """The link that leads to `target`, new or already there."""
    for _ in range(ATTEMPTS):
        if link := session().scalar(select(Link).where(Link.target == target)):
            return link
        link = Link(code=new_code(), target=target)
        session().add(link)
        try:
            session().commit()
        except IntegrityError:  # another worker was first with this target, or the code is taken: look again
            session().rollback()
        else:
            return link
    raise RuntimeError(f"no free code in {ATTEMPTS} attempts; CODE_LENGTH is too small for so many links")


def follow(code: str) -> str | None:
    """The target of this code, the visit counted; None = no such link."""
    # One statement finds and counts, so two visits at once are two hits, in whatever processes they run.
    count = update(Link).where(Link.code == code).values(hits=Link.hits + 1).returning(Link.target)
    try:
        target = session().scalar(count, execution_options={"synchronize_session": False})
        session().commit()
    except OperationalError:  # a full disk, a database locked for too long: no reason to stop the visitor
        current_app.logger.exception("a visit of %s was not counted", code)
        session().rollback()
        return session().scalar(select(Link.target).where(Link.code == code))
    return target
