"""The forms."""

from flask_wtf import FlaskForm  # type: ignore[import-untyped]
from wtforms import StringField  # type: ignore[import-untyped]
from wtforms.validators import ValidationError  # type: ignore[import-untyped]

from shortener import targets


class LinkForm(FlaskForm):  # type: ignore[misc]
    """What a visitor fills in to get a short link; after it is valid, `link_target` is the clean target."""

    target = StringField("Long address")

    def validate_target(self, field: StringField) -> None:
        """Called by WTForms; its message appears beside the field."""
        try:
            self.link_target = targets.parse(field.data or "")
        except targets.TargetError as error:
            raise ValidationError(str(error)) from None
