"""What the settings of each part of a host's hardening have in common."""

from typing import Any

from pydantic import Field, model_validator

from windlass.settings.model import Model


class Part(Model):
    """A part that can be left to others, with `managed: false`; `off` is short for that."""

    managed: bool = Field(
        True,
        description="Whether Windlass looks after it; with false, files that were written stay as they are. `off`"
        " instead of all its settings is short for that.",
    )

    @model_validator(mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        # YAML reads `off` as a truth value.
        return {"managed": False} if value in (False, "off") else value
