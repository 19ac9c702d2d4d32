"""Facts from a HELLO."""

from __future__ import annotations

from windlass.agent.facts import gather
from windlass.host import Facts


def test_facts_from_what_the_agent_gathers() -> None:
    hello = gather()
    facts = Facts.from_hello(hello)
    assert facts.cpus == hello["cpus"]
    assert facts.memory > 0
