"""A secret of an app, and where it comes from when it is kept elsewhere."""

from dataclasses import dataclass, field

from pydantic import Field, model_validator

from windlass.settings.model import Model
from windlass.settings.words import Command


@dataclass(frozen=True)
class Secret:
    """A value for its app alone, and where it was set (`place`, for messages: `inventory/secrets/web.yml.age:3`)."""

    value: str = field(repr=False)
    place: str


class SecretSource(Model):
    """A command that prints the value, or a variable of this machine's environment that has it."""

    command: Command | None = Field(None, description="A shell command that prints the value, and nothing else.")
    timeout: int = Field(30, ge=1, le=600, description="Seconds that the command may take.")
    env: str | None = Field(None, description="The name of an environment variable of this machine.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "SecretSource":
        if (self.command is None) == (self.env is None):
            raise ValueError("either a `command` or `env` is needed: {command: op read op://shop/key} or {env: NAME}")
        return self
