"""Parts that are left to others."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from windlass.settings import Settings
from windlass.settings.part import Part

PARTS = [name for name, part in Settings() if isinstance(part, Part)]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("off", [False, "off", {"managed": False}])
def test_off_is_short_for_not_managed(part: str, off: object) -> None:
    assert getattr(Settings.model_validate({part: off}), part).managed is False


def test_there_are_parts_and_nothing_else_is_short_for_anything() -> None:
    assert len(PARTS) == 6
    for value in (True, "on", "no", None):
        with pytest.raises(ValidationError):
            Settings.model_validate({"firewall": value})
