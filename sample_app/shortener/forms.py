"""The forms. What is typed into them is kept when something is wrong with it; passwords are not."""

from __future__ import annotations

import re
from typing import Any

from flask import current_app, request
from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, StringField
from wtforms.validators import ValidationError

from shortener import codes, expiry, targets
from shortener.links import Wish
from shortener.users import LABEL_LENGTH, NAME_LENGTH

PASSWORD_LENGTH = 12


class LinkForm(FlaskForm):
    """A wish for a short link; after it is valid, `wish` says it in clean values."""

    target = StringField("Long address")
    alias = StringField("Alias (optional)")
    expires_at = StringField("Works until the end of (optional)")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._clean: dict[str, Any] = {}

    def wish(self, owner_id: int | None) -> Wish:
        """What the form asks for, for this owner."""
        return Wish(owner_id=owner_id, **self._clean)

    def validate_target(self, field: Field) -> None:
        """Called by WTForms, as all its like; the message appears beside the field."""
        own_hosts = current_app.config["OWN_HOSTS"] | {request.host.rsplit(":", 1)[0]}
        try:
            self._clean["target"] = targets.parse(field.data or "", own_hosts, current_app.config["PRIVATE_TARGETS"])
        except targets.TargetError as error:
            raise ValidationError(str(error)) from None

    def validate_alias(self, field: Field) -> None:
        """A free alias is made sure of when the link is made."""
        try:
            self._clean["alias"] = codes.parse_alias(field.data or "")
        except codes.AliasError as error:
            raise ValidationError(str(error)) from None

    def validate_expires_at(self, field: Field) -> None:
        """A day, or a moment with its offset."""
        try:
            self._clean["expires_at"] = expiry.parse(field.data or "")
        except expiry.ExpiryError as error:
            raise ValidationError(str(error)) from None


def _lower(text: str | None) -> str:
    return (text or "").strip().lower()


class LoginForm(FlaskForm):
    """Who wants in."""

    # No name has a null character, and PostgreSQL does not even let one ask.
    name = StringField("Name", filters=[_lower, lambda name: name.replace("\0", "")])
    password = PasswordField("Password")


class RegistrationForm(FlaskForm):
    """Who wants an account."""

    name = StringField("Name", filters=[_lower])
    password = PasswordField("Password")

    def validate_name(self, field: Field) -> None:
        """Whether it is free is seen when the account is made."""
        if not re.fullmatch(rf"[a-z0-9]([a-z0-9._-]{{1,{NAME_LENGTH - 2}}}[a-z0-9])", field.data):
            raise ValidationError(
                f"A name has 3 to {NAME_LENGTH} characters: letters a to z, digits, and dots, hyphens or underscores "
                "between them."
            )

    def validate_password(self, field: Field) -> None:
        """Long, and not easily guessed from the name."""
        password = field.data or ""
        if len(password) < PASSWORD_LENGTH:
            raise ValidationError(
                f"The password has {len(password)} characters and needs {PASSWORD_LENGTH} or more. "
                "A few words that have nothing to do with each other are easy to remember."
            )
        if len(password) > 1000:
            raise ValidationError("The password is too long: at most 1,000 characters.")
        if len(set(password)) < 5 or (self.name.data and self.name.data in password.lower()):
            raise ValidationError("This password would be guessed soon: it repeats itself or contains the name.")


class TokenForm(FlaskForm):
    """What a new token is for."""

    label = StringField("What is it for?", filters=[lambda text: " ".join((text or "").split())])

    def validate_label(self, field: Field) -> None:
        """Something to tell it by."""
        if not field.data or not field.data.isprintable():
            raise ValidationError("Give the token a name to tell it by, such as “backup script”.")
        if len(field.data) > LABEL_LENGTH:
            raise ValidationError(f"The name is too long: {len(field.data):,} characters of at most {LABEL_LENGTH}.")


class ConfirmForm(FlaskForm):
    """Nothing but a button."""
