"""Limits for visitors."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from windlass.settings.limits import Limits


@pytest.mark.parametrize("value", [False, "off"])
def test_off_is_no_limit(value: Any) -> None:
    limits = Limits.model_validate(value)
    assert (limits.requests_per_second, limits.connections) == (0, 0)


def test_networks_are_checked() -> None:
    networks = ["198.51.100.7", "10.0.0.0/8", "2001:db8::/32"]
    assert Limits(exempt=networks).exempt == ["198.51.100.7/32", "10.0.0.0/8", "2001:db8::/32"]
    for wrong in (
        "example.com",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "all; }",
        "fe80::1%eth0",
        "fe80::%\n/64",
        "::1%x; }\n}/128",
    ):
        with pytest.raises(ValidationError, match="is not an address or network"):
            Limits(exempt=[wrong])


@pytest.mark.parametrize("value", [{"requests_per_second": -1}, {"burst": 0.5}, {"rate": 3}, True, "on", 7])
def test_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        Limits.model_validate(value)
