"""Users: who owns links; a name, a password, and tokens for programs."""

import hashlib
import secrets
from datetime import datetime

from flask import Flask
from flask_login import LoginManager, UserMixin
from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship
from werkzeug.security import check_password_hash, generate_password_hash

from shortener.database import Base, Moment, session

NAME_LENGTH = 64
LABEL_LENGTH = 64
NOBODYS_HASH = generate_password_hash(secrets.token_hex())


class User(UserMixin, Base):
    """Somebody with an account; `name` is in lower case."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    tokens: Mapped[list["Token"]] = relationship(back_populates="user", order_by="Token.id")


class Token(Base):
    """What a program shows to act for a user; only a digest of it is kept, so nobody can read it here."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(LABEL_LENGTH))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    user: Mapped[User] = relationship(back_populates="tokens")


def init_app(app: Flask) -> None:
    """Have Flask-Login find users here, and send visitors who must log in to the page for it."""
    manager = LoginManager(app)
    manager.login_view = "auth.login"
    manager.login_message = "Please log in to see this page."
    manager.user_loader(lambda user_id: session().get(User, int(user_id)))


def register(name: str, password: str) -> User | None:
    """A new user; None = another one has this name."""
    user = User(name=name, password_hash=generate_password_hash(password))
    session().add(user)
    try:
        session().commit()
    except IntegrityError:
        session().rollback()
        return None
    return user


def authenticate(name: str, password: str) -> User | None:
    """The user with this name and password."""
    # No name has a null character, and PostgreSQL does not even let one ask.
    user = session().scalar(select(User).where(User.name == name.replace("\0", "")))
    # Without a user a hash is checked all the same: the time an answer takes tells nobody which names exist.
    matches = check_password_hash(user.password_hash if user else NOBODYS_HASH, password)
    return user if matches else None


def issue_token(user: User, label: str) -> str:
    """A new token for this user; this is the only time it can be seen."""
    token = secrets.token_urlsafe(32)
    session().add(Token(user=user, label=label, digest=_digest(token)))
    session().commit()
    return token


def find_by_token(token: str) -> User | None:
    """The user for whom this token acts."""
    # A fast hash will do: unlike a password, a token of 256 random bits cannot be guessed.
    return session().scalar(select(User).join(Token).where(Token.digest == _digest(token)))


def revoke_token(token: Token) -> None:
    """It opens nothing any more."""
    session().delete(token)
    session().commit()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
