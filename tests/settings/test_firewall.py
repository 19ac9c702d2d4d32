"""Openings of the firewall as an inventory has them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from windlass.settings.firewall import Firewall


def test_what_may_be_opened() -> None:
    allow = [8443, "53/udp", "6000-6010", "5432/tcp from 10.0.0.0/8", "9100 from 2001:db8::1"]
    assert Firewall.model_validate({"allow": allow}).allow == ["8443", *allow[1:]]


@pytest.mark.parametrize(
    ("opening", "fault"),
    [
        ("http", "'http' is not a port such as 8443"),
        ("80; flush ruleset", "is not a port"),
        ("80/icmp", "is not a port"),
        (True, "True is not a port"),
        (0, "ports go from 1 to 65535"),
        ("70000", "ports go from 1 to 65535"),
        ("6010-6000", "the lower one first"),
        ("22 from 10.0.0.1/8", "has host bits set"),
        ("22 from 10.0.0", "does not appear to be an IPv4 or IPv6"),
    ],
)
def test_what_may_not(opening: object, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Firewall.model_validate({"allow": [opening]})


def test_a_netmask_is_written_as_nft_has_it() -> None:
    firewall = Firewall.model_validate(
        {"allow": ["22 from 10.0.0.0/255.0.0.0", "22 from 10.0.0.1", "53/udp from ::/0"]}
    )
    assert firewall.allow == ["22 from 10.0.0.0/8", "22 from 10.0.0.1", "53/udp from ::/0"]
