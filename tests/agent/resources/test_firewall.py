"""The firewall where it cannot work; rules are loaded in tests/lab/test_firewall.py."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.roles.test_firewall import rules
from windlass.agent.resources import Firewall, firewall
from windlass.agent.resources.resource import Unknown

NOBODY = 65534
SCRIPT = f"""
import os
from tests.local_machine import on_this_machine
from windlass.agent.resources import Firewall
from windlass.agent.failures import Failed
os.getuid() or os.setuid({NOBODY})
try:
    on_this_machine(Firewall("/nowhere", "")).actual()
except Failed as failure:
    print(failure, failure.hint, sep="\\n")
"""


def test_a_kernel_that_lets_nobody_in() -> None:
    """As in a container that may not have a firewall: there root is told what everybody is told here."""
    identity = {} if os.getuid() else {"user": NOBODY}
    list_all = ["/usr/sbin/nft", "-j", "-s", "-t", "list", "ruleset"]
    nft = subprocess.run(list_all, capture_output=True, text=True, **identity)  # type: ignore[call-overload]
    root = Path(__file__).parents[3]
    said = subprocess.run([sys.executable, "-c", SCRIPT], cwd=root, check=True, capture_output=True, text=True).stdout
    assert nft.stderr
    assert said == (
        f"nftables does not work here: {nft.stderr.strip()}\n"
        "In a container that may not have a firewall of its own: `firewall: {managed: false}`.\n"
    )


def test_whom_it_will_shut_out_is_known_before_nftables_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firewall, "NFT", f"{tmp_path}/nft")
    with socket.socket() as server:
        server.bind(("0.0.0.0", 0))
        server.listen()
        with pytest.raises(Unknown, match=rf"^nftables is not installed\. .*\b{server.getsockname()[1]} \("):
            Firewall(f"{tmp_path}/rules", rules()).actual()
