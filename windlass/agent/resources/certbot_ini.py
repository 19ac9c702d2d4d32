"""What somebody's cli.ini has certbot do, whoever starts it, and what of it is in Windlass's way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from windlass.agent.failures import Failed

if TYPE_CHECKING:
    from collections.abc import Sequence

PATHS = ("/etc/letsencrypt/cli.ini", "/root/.config/letsencrypt/cli.ini")
# With these no certificate comes to where nginx looks, or from another place than was asked for.
REFUSED = {
    *("apache", "authenticator", "config-dir", "csr", "dns", "dry-run", "manual", "nginx", "standalone", "staging"),
    *("test-cert", "server", "installer", "a", "i", "configurator"),
}
HARMLESS = {("authenticator", "webroot"), ("a", "webroot"), ("installer", "none"), ("i", "none")}
# A hook that stops what answers to the certification authority, or somebody else.
STOPS = re.compile(r"\b(?:stop|kill|pkill|killall|disable)\b")


class Setting(NamedTuple):
    """A line `name = value`."""

    place: str
    name: str
    value: str

    def __str__(self) -> str:
        return f"`{self.name} = {self.value}` ({self.place})"


def read(paths: Sequence[str] = PATHS) -> list[Setting]:
    """All settings; none where there is no file."""
    found = []
    for path in paths:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = [line.strip() for line in file]
        except OSError:
            continue
        for number, line in enumerate(lines, 1):
            if line and line[0] not in "#;[":
                name, _, value = line.partition("=")
                found.append(Setting(f"{path}:{number}", name.strip().lstrip("-").replace("_", "-"), value.strip()))
    return found


def refuse(settings: list[Setting]) -> None:
    """Raises Failed where one of them would have certbot do something else than it is asked for."""
    for setting in settings:
        named = setting.name in REFUSED or setting.name.startswith("dns-")
        if named and (setting.name, setting.value) not in HARMLESS and setting.value.lower() != "false":
            raise Failed(
                f"certbot would not do what it is asked for, because of {setting}",
                hint="Take that line out, or write it on the command lines that need it, then run again.",
            )


def stopping(settings: list[Setting]) -> Setting | None:
    """The hook that stops a service before a challenge; None = there is none."""
    return next((each for each in settings if each.name == "pre-hook" and STOPS.search(each.value)), None)
