"""What must be true of a deploy that fails, whatever the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.lab.release.world import World


def refused(world: World, kind: str = "release", **settings: Any) -> str:
    """The words with which a deploy fails, while the old release serves every visitor, and goes on alone."""
    before = world.current
    with world.browsing() as browsed:
        words = world.fails(kind, **settings)
        world.visit()
    print(words)
    assert browsed.failures == {}, browsed.failures
    assert browsed.served > 2
    after = world.state()
    assert after.current == before
    assert after.serves_alone, after
    return words


def reason(words: str) -> str:
    """What is the matter with a release: the first line, without the release's name."""
    what, _, why = words.splitlines()[0].partition(" ")
    assert what == "release"
    return why.partition(" ")[2]
