"""Facts from a HELLO."""

from __future__ import annotations

import pytest

from windlass.agent.facts import gather
from windlass.errors import AgentError
from windlass.host import Facts


def test_facts_from_what_the_agent_gathers() -> None:
    hello = gather()
    facts = Facts.from_hello(hello)
    assert facts.cpus == hello["cpus"]
    assert facts.memory > 0


def test_a_hello_that_lacks_facts() -> None:
    hello = gather()
    del hello["os"], hello["kernel"]
    with pytest.raises(AgentError, match=r"^the agent's HELLO lacks os, kernel$"):
        Facts.from_hello(hello)
