"""What a host lets in."""

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from windlass.settings.model import word
from windlass.settings.part import Part
from windlass.settings.words import number_as_text

OPENING = re.compile(
    r"(?P<first>[0-9]{1,5})(-(?P<last>[0-9]{1,5}))?(/(?P<protocol>tcp|udp))?( from (?P<source>[0-9a-fA-F.:/]+))?"
)
EXAMPLES = "a port such as 8443, 53/udp, 6000-6010 or 5432 from 10.0.0.0/8"


def _opening(value: str) -> str:
    match = OPENING.fullmatch(value)
    assert match  # noqa: S101 - `word` has seen to it
    first, last = int(match["first"]), int(match["last"] or match["first"])
    if not 1 <= first <= last <= 65535:
        raise ValueError(f"{value!r}: ports go from 1 to 65535, the lower one first")
    if match["source"]:
        try:
            network = str(ipaddress.ip_network(match["source"]))
            # nft has no netmasks such as 255.0.0.0.
            return value.replace(match["source"], network) if "/" in match["source"] else value
        except ValueError as error:
            raise ValueError(f"{value!r}: {error}") from None
    return value


Opening = Annotated[str, AfterValidator(_opening), word(OPENING.pattern, EXAMPLES), BeforeValidator(number_as_text)]


class Firewall(Part):
    """nftables: lets in SSH, 80, 443 and what `allow` says. A change is kept only if a second login works with it."""

    managed: bool = Field(
        True,
        description="Whether Windlass looks after it; false removes Windlass's own rules and leaves all others as they"
        " are. `off` instead of all its settings is short for that.",
    )
    allow: list[Opening] = Field(default_factory=list, description=f"What else is let in: {EXAMPLES}.")
    ssh_rate: int = Field(
        60,
        ge=0,
        le=10_000,
        description="New SSH connections per minute from one address (IPv6: one /64 network), beyond which further"
        " ones are dropped; 0 means no limit.",
    )
