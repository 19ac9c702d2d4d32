"""What the settings of each part of a host's hardening have in common."""

from pydantic import Field

from windlass.settings.model import Model


class Part(Model):
    """A part that can be left to others: with `managed: false` Windlass neither changes nor removes anything of it."""

    managed: bool = Field(True, description="Whether Windlass looks after it; false leaves what is there as it is.")
