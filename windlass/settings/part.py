"""What the settings of each part of a host's hardening have in common."""

from typing import Any, ClassVar

from pydantic import Field

from windlass.settings.model import Switchable


class Part(Switchable):
    """A part that can be left to others, with `managed: false`; `off` is short for that."""

    OFF: ClassVar[dict[str, Any]] = {"managed": False}

    managed: bool = Field(
        True,
        description="Whether Windlass looks after it; with false, files that were written stay as they are. `off`"
        " instead of all its settings is short for that.",
    )
