"""A release that has turned bad: its health page holds up nobody, its own replacement least of all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.lab.converging import result

if TYPE_CHECKING:
    from tests.lab.release.world import World

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("mended")]

# Well until somebody says otherwise; then its answers never end: one byte now and then, or as fast as can be.
SICK = """    @app.get("/healthz")
    def health() -> object:
        def answer():
            while (folder / "sick").exists():
                fast = (folder / "sick").read_text() == "fast"
                yield "x" * 65536 if fast else "x"
                time.sleep(0 if fast else 0.2)
            yield "ok"
        return app.response_class(answer())

    @app.get("/healthz-of-old")
"""


@pytest.mark.parametrize("how", ["slow", "fast"])
def test_answers_that_never_end(world: World, how: str) -> None:
    world.edit('    @app.get("/healthz")\n', SICK)
    world.well()
    world.host.run(f"echo -n {how} > /var/lib/notes/sick")
    said = world.commands()("status", world.host.name, "--json", status=None).out
    (app,) = json.loads(said)["hosts"][0]["apps"]
    assert app["health"] == ("no answer within 5 s" if how == "slow" else "ok")

    world.restore()
    world.greet(f"well again after {how}")
    notes = result(world.well(), "release").notes
    assert world.visit() == f"well again after {how}"
    if how == "slow":
        assert notes["traffic"]["not_measured"].startswith(
            "before it, nginx did not serve GET /healthz: no answer within"
        )
    world.host.run("rm /var/lib/notes/sick")
