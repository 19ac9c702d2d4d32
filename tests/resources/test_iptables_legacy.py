"""The rules of iptables-legacy, as its own program prints them."""

from __future__ import annotations

from windlass.resources.iptables_legacy import _objects

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
