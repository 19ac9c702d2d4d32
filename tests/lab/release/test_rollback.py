"""The way back: an older release serves again as it was, and no visitor notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.converging import result

if TYPE_CHECKING:
    from tests.lab.release.world import World

pytestmark = pytest.mark.lab

KEPT: dict[str, Any] = {"keep_releases": 10}


def releases(world: World, *greetings: str) -> list[str]:
    """The ids of new releases with these greetings."""
    ids = []
    for greeting in greetings:
        world.greet(greeting)
        world.well(**KEPT)
        ids.append(world.current)
    return ids


def test_back_and_further_back_and_forward_again(world: World) -> None:
    one, two, three = releases(world, "one", "two", "three")
    with world.browsing() as browsed:
        outcome = world.rollback(**KEPT)
        assert result(outcome, "rollback").diff == {"release": [three, two]}
        assert world.visit() == "two"
        assert world.rollback(**KEPT).exit_status == 0
        assert world.visit() == "one"
        assert world.rollback(three, **KEPT).exit_status == 0  # by its id, and newer
        assert world.visit() == "three"
        assert world.rollback(one[:-4], **KEPT).exit_status == 0  # by a beginning
        assert world.visit() == "one"
        assert world.rollback(one, **KEPT).counts["changed"] == 0  # it is there already
    assert browsed.failures == {}
    world.is_tidy()
    assert {record["state"] for record in world.records().values()} == {"good"}
    # The code in the folder is still that of the third: what is the same is the same release, and is not made again.
    outcome = world.well(**KEPT)
    assert world.visit() == "three"
    assert world.current == three
    assert "upload" not in result(outcome, "release").notes["steps"]
    world.is_tidy()


def test_back_is_what_it_took_over_from_not_what_was_taken_back(world: World) -> None:
    one, _ = releases(world, "one again", "a mistake")
    assert world.rollback(**KEPT).exit_status == 0
    releases(world, "another mistake")
    assert world.rollback(**KEPT).exit_status == 0
    assert world.current == one


def test_venv_environment_and_units_come_back_together(world: World) -> None:
    world.edit('    @app.get("/healthz")', ROUTE + '    @app.get("/healthz")')
    before: dict[str, Any] = {**KEPT, "env": {"COLOUR": "mauve"}, "gunicorn": {"workers": 1}, "memory_max": "300M"}
    after: dict[str, Any] = {**KEPT, "env": {"COLOUR": "green"}, "gunicorn": {"workers": 2}, "memory_max": "400M"}
    world.well(**before)
    old = shape(world)
    world.edit('"flask>=3.1,<4"', '"flask>=3.1,<4", "markupsafe<3"', "pyproject.toml")
    world.well(**after)
    new = shape(world)
    assert all(one != other for one, other in zip(old, new, strict=True))
    assert world.rollback(**after).exit_status == 0
    assert shape(world) == old
    assert world.rollback(max(world.records()), **after).exit_status == 0
    assert shape(world) == new


ROUTE = """
    @app.get("/shape")
    def shape() -> str:
        import importlib.metadata

        return f"{os.environ['COLOUR']} {importlib.metadata.version('markupsafe')}"

"""


def shape(world: World) -> list[str]:
    """Environment and packages as the app sees them, its memory as its unit limits it, and its workers."""
    world.visit("/healthz")
    unit = f"notes@{world.current}.service"
    pid = world.host.run(f"systemctl show -P MainPID {unit}").strip()
    memory = world.host.run(f"systemctl show -P MemoryMax {unit}").strip()
    workers = world.host.run(f"pgrep -c -P {pid}").strip()
    return [*world.visit("/shape").split(), memory, workers]


def test_refusals_change_nothing(world: World) -> None:
    good, current = releases(world, "good", "current")
    world.edit("def create_app() -> Flask:", "def create_app( -> Flask:")
    world.fails(**KEPT)
    (failed,) = [each for each, record in world.records().items() if record["state"] == "failed"]
    commands = world.commands(**KEPT)
    with world.browsing() as browsed:
        said = commands("rollback", world.host.name, "--to", failed, status=1).out
        assert f"release {failed} has never served well: release {failed} does not run" in said
        said = commands("rollback", world.host.name, "--to", "1999", status=1).out
        assert "there is no release '1999'" in said
        assert good in said  # what there is instead
        assert "releases begin with '20'" in commands("rollback", world.host.name, "--to", "20", status=1).out
        commands("rollback", world.host.name, "--app", "nonesuch", status=2)
        oldest = min(world.records())
        assert world.rollback(oldest, **KEPT).exit_status == 0
        said = commands("rollback", world.host.name, status=1).out
        assert f"there is no good release before {oldest}" in said
        assert world.current == oldest
    assert browsed.failures == {}
    assert world.rollback(current, **KEPT).exit_status == 0


def test_check_only_says_what_would_be(world: World) -> None:
    one, two = releases(world, "one", "two")
    host = world.commands(**KEPT).json("rollback", world.host.name, "--check")
    (would,) = host["resources"]
    assert (would["status"], would["diff"]) == ("changed", {"release": [two, one]})
    assert world.current == two
    world.is_tidy()


def test_json_tells_of_the_switch(world: World) -> None:
    one, two = releases(world, "one", "two")
    host = world.commands(**KEPT).json("rollback", world.host.name)
    assert (host["status"], host["failed"], host["changed"]) == ("changed", 0, 1)
    (back,) = host["resources"]
    assert (back["role"], back["app"], back["diff"]) == ("release", "notes", {"release": [two, one]})
    assert list(back["notes"]["steps"]) == ["start", "healthy", "switch", "drain"]
    assert (back["notes"]["before"], back["notes"]["release"]) == (two, one)
    assert back["notes"]["traffic"]["failed"] == 0
    assert world.records()[one]["traffic"] == back["notes"]["traffic"]


def test_from_a_release_that_has_broken_since(world: World) -> None:
    _, two = releases(world, "before it hung", "hanging")
    world.host.run(f"systemctl kill -s STOP notes@{two}.service")  # it hangs
    try:
        assert world.rollback(drain_timeout=2, **KEPT).exit_status == 0
    finally:
        world.host.run(f"systemctl kill -s CONT notes@{two}.service || true")
    assert world.visit() == "before it hung"
    world.is_tidy()


def test_to_a_release_that_works_no_more(world: World) -> None:
    world.edit(
        "    greeting = ", "    assert not (folder / 'migrated').exists(), os.environ['API_KEY']\n    greeting = "
    )
    secrets = world.project / "notes.env"
    secrets.write_text("API_KEY=hunter2-hunter2\n")
    secrets.chmod(0o600)
    world.greet("old")
    world.well(env_file="notes.env", **KEPT)
    world.restore()
    (current,) = releases(world, "new")
    world.host.run("touch /var/lib/notes/migrated")
    try:
        with world.browsing() as browsed:
            words = world.words(world.rollback(**KEPT), "rollback")
            assert world.visit() == "new"
    finally:
        world.host.run("rm /var/lib/notes/migrated")
    assert browsed.failures == {}
    assert "AssertionError: (sensitive)" in words.splitlines()[0]
    assert "hunter2" not in words
    assert f"release {current} goes on serving" in words
    assert world.current == current
    world.is_tidy()


def test_back_to_the_current_one_brings_it_back(world: World) -> None:
    (current,) = releases(world, "stopped by somebody")
    world.host.run(f"systemctl stop notes@{current}.socket notes@{current}.service")
    outcome = world.rollback(current, **KEPT)
    assert result(outcome, "rollback").diff == {"health": ["not running", "good"]}
    assert world.visit() == "stopped by somebody"
    world.is_tidy()
