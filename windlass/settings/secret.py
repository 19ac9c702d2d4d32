"""Where a secret of an app comes from, when it is kept elsewhere."""

from pydantic import Field, model_validator

from windlass.settings.model import Model
from windlass.settings.words import Command


class SecretSource(Model):
    """A command that prints the value, or a variable of this machine's environment that has it."""

    command: Command | None = Field(None, description="A shell command that prints the value, and nothing else.")
    timeout: int = Field(30, ge=1, le=600, description="Seconds that the command may take.")
    env: str | None = Field(None, description="The name of the variable on the control machine.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "SecretSource":
        if (self.command is None) == (self.env is None):
            raise ValueError("either a `command` or `env` is needed: {command: op read op://shop/key} or {env: NAME}")
        return self
