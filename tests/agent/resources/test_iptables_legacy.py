"""The rules of iptables-legacy, as its own program prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local_machine import on_this_machine
from windlass.agent.failures import Failed
from windlass.agent.resources import Reload, iptables_legacy
from windlass.agent.resources.iptables_legacy import _objects, filtering

if TYPE_CHECKING:
    from pathlib import Path

SAVED = """\
*filter
:INPUT DROP [12:720]
:f2b-sshd - [0:0]
-A INPUT -p tcp -m comment --comment "who -j INPUT" -j f2b-sshd
-A f2b-sshd -j LOG --log-prefix "knock -j INPUT at "
COMMIT
"""


def test_chains_and_where_their_rules_lead() -> None:
    chains = {each["name"]: each.get("policy") for each in _objects("ip", SAVED) if each["kind"] == "chain"}
    assert chains == {"INPUT": "drop", "f2b-sshd": None}
    rules = [(each["chain"], each["expr"]) for each in _objects("ip", SAVED) if each["kind"] == "rule"]
    assert rules == [("INPUT", [{"jump": {"target": "f2b-sshd"}}]), ("f2b-sshd", [])]


def test_a_table_that_nothing_can_look_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ip_tables_names").write_text("nat\nfilter\n")
    missing = f"{tmp_path}/iptables-legacy-save"
    monkeypatch.setattr(iptables_legacy, "SOURCES", {"ip": (f"{tmp_path}/ip_tables_names", missing)})
    with pytest.raises(Failed) as raised:
        filtering(on_this_machine(Reload("test")).machine)
    assert (str(raised.value), raised.value.hint) == (
        f"there may be another firewall: the kernel has a table of iptables-legacy, but there is no {missing}",
        "Install iptables and see what is in it. `firewall: {managed: false}` leaves all to that one.",
    )
