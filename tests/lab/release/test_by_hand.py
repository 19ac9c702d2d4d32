"""What somebody changes by hand in the release that serves: it is seen, and a new release puts it right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.converging import converge, result
from tests.lab.release.world import NOTES

if TYPE_CHECKING:
    from tests.lab.release.world import World
    from windlass.output.outcome import Result

pytestmark = pytest.mark.lab


def checked(world: World) -> Result:
    """What a check says of the release."""
    outcome = converge(world.lab, world.host, {"notes": NOTES}, world.project, check=True, diff=True)
    return result(outcome, "release")


def environ(world: World) -> str:
    """The environment that the current release runs with."""
    pid = f"systemctl show --property=MainPID --value notes@{world.current}.service"
    return world.host.run(f"tr '\\0' '\\n' </proc/$({pid})/environ")


def test_it_is_compared_with_what_was_written_and_put_right(world: World) -> None:
    world.well()
    hacked = world.current
    world.host.run(f"echo HACK=1 >>/srv/notes/current/env; systemctl restart notes@{hacked}.service")
    assert "HACK=1" in environ(world)
    found = checked(world)
    assert (found.diff, found.drift) == ({"env": ["different", "as wanted"]}, "changed by hand")
    path = f"/srv/notes/releases/{hacked}/env"
    assert found.patch == f"diff --git a{path} b{path}\n(its content is not shown)"
    assert result(world.well(), "release").drift == "changed by hand"
    assert "HACK" not in environ(world)

    world.host.run("sed -i 's/^timeout = .*/timeout = 7/' /srv/notes/current/gunicorn.conf.py")
    world.host.run("echo '# by hand' >>/srv/notes/current/code/src/notes/__init__.py")
    found = checked(world)
    code = found.diff["code"][1]
    assert found.diff == {"code": [f"{code}, edited", code], "gunicorn": ["other timeout", "as wanted"]}
    assert found.drift == "changed by hand"
    assert "-timeout = 7\n" in found.patch
    world.well()
    # Not back to the first one, which has all this but for its environment.
    assert world.current > hacked
    assert "HACK" not in environ(world)
    assert checked(world).status == "ok"
    world.is_tidy()
