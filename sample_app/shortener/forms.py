"""The forms. What is typed into them is kept when something is wrong with it; passwords are not."""

from collections.abc import Callable
from typing import Any

from flask import current_app, request
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField, ValidationError
from wtforms.validators import DataRequired, Length, Regexp

from shortener import codes, expiry, targets
from shortener.users import LABEL_LENGTH, NAME_LENGTH

NAME = rf"[a-z0-9][a-z0-9._-]{{1,{NAME_LENGTH - 2}}}[a-z0-9]\Z"
LABEL = rf"[^\x00-\x1f\x7f]{{1,{LABEL_LENGTH}}}\Z"
NAME_RULE = f"A name has 3 to {NAME_LENGTH} letters a to z or digits, with dots, hyphens or underscores between them."


class ParsedField(StringField):
    """A text that `parse` understands: what it returns is `value`, the ValidationError it raises appears beside it."""

    value: object = None

    def __init__(self, label: str, parse: Callable[[str], object], **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self._parse = parse

    def pre_validate(self, form: FlaskForm) -> None:
        """Called by WTForms."""
        if not isinstance(self.data, str | None):
            raise ValidationError("This must be a string.")
        self.value = self._parse(self.data or "")


def _parse_target(text: str) -> str:
    own_hosts = current_app.config["OWN_HOSTS"] | {request.host.rsplit(":", 1)[0]}
    return targets.parse(text, own_hosts, current_app.config["ALLOW_PRIVATE_TARGETS"])


class LinkForm(FlaskForm):
    """A wish for a short link; after it is valid, `wish` is what `links.shorten` wants."""

    target = ParsedField("Long address", _parse_target)
    alias = ParsedField("Alias (optional)", codes.parse_alias)
    expires_at = ParsedField("Works until the end of (optional)", expiry.parse)

    @property
    def wish(self) -> dict[str, Any]:
        """The clean values by name."""
        return {field.name: field.value for field in (self.target, self.alias, self.expires_at)}


def _lower(text: str | None) -> str:
    return (text or "").strip().lower()


class LoginForm(FlaskForm):
    """Who wants in."""

    name = StringField("Name", filters=[_lower])
    password = PasswordField("Password")


class RegistrationForm(FlaskForm):
    """Who wants an account; whether the name is free is seen when it is made."""

    name = StringField("Name", [Regexp(NAME, message=NAME_RULE)], filters=[_lower])
    password = PasswordField("Password", [Length(12, 1000, "A password has 12 to 1,000 characters.")])


class TokenForm(FlaskForm):
    """What a new token is for."""

    label = StringField(
        "What is it for?",
        [
            DataRequired("Give the token a name to tell it by, such as “backup script”."),
            Regexp(LABEL, message=f"The name is too long, or not of one line: at most {LABEL_LENGTH} characters."),
        ],
    )
