"""What one visitor may take of an app."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from windlass.settings.model import Switchable


def _network(value: str) -> str:
    try:
        if "%" in value:  # a scope, which says something to this machine alone
            raise ValueError
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise ValueError(f"{value!r} is not an address or network such as 198.51.100.7 or 2001:db8::/32") from None


Network = Annotated[str, AfterValidator(_network)]


class Limits(Switchable):
    """What one visitor may take of an app; `limits: off` is short for no limits.

    A visitor is an IPv4 address or an IPv6 /64 network. Behind one there may be an office of hundreds.
    """

    OFF: ClassVar[dict[str, Any]] = {"requests_per_second": 0, "connections": 0}

    requests_per_second: int = Field(
        50, ge=0, le=100_000, description="Requests per second to the app on average; 0 means no limit."
    )
    burst: int = Field(200, ge=1, le=100_000, description="Requests beyond that rate that may come at once.")
    connections: int = Field(
        200, ge=0, le=65535, description="Requests that are being answered at the same time; 0 means no limit."
    )
    exempt: list[Network] = Field(
        default_factory=list,
        description="Networks without limits, such as a load balancer's; the host itself is always without.",
    )
