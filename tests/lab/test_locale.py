"""The host's locale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.resources_on import converge
from windlass.agent.resources import Locale, Packages

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab


def test_a_locale_is_generated_and_made_the_default(lab: Lab, new_host: Callable[..., LabHost]) -> None:
    host = new_host(image_name="debian:13")  # where /etc/default/locale is a link; Debian 12 has the plain file
    world = [Packages(["locales"]), Locale("en_GB.UTF-8")]
    results, _ = converge(lab, host, *world)
    assert [each.status for each in results] == ["changed", "changed"]
    assert host.run(". /etc/default/locale; LANG=$LANG locale charmap; echo $LANG").split() == ["UTF-8", "en_GB.UTF-8"]
    results, _ = converge(lab, host, *world)
    assert [each.status for each in results] == ["ok", "ok"]
    results, _ = converge(lab, host, world[0], Locale("xx_YY.UTF-8"))
    assert (results[1].status, results[1].message, results[1].hint) == (
        "failed",
        "there is no locale 'xx_YY.UTF-8'",
        "/usr/share/i18n/SUPPORTED on the host lists all there are.",
    )
    results, _ = converge(lab, host, world[0], Locale("C.UTF-8"))
    assert results[1].diff == {"default": ["en_GB.UTF-8", "C.UTF-8"]}
