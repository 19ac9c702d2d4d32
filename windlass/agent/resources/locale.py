"""The host's locale."""

from __future__ import annotations

from dataclasses import dataclass

from windlass.agent.failures import Failed
from windlass.agent.resources.resource import Diff, Resource, State

SUPPORTED = "/usr/share/i18n/SUPPORTED"
WANTED = "/etc/locale.gen"
DEFAULT = "/etc/default/locale"


@dataclass(eq=False)
class Locale(Resource):
    """The locale of logins and services, e.g. `en_GB.UTF-8`; needs Debian's package `locales`, but for `C.UTF-8`."""

    locale: str

    def desired(self) -> State:
        return {"generated": True, "default": self.locale}

    def actual(self) -> State:
        lines = [line.partition("=") for line in _lines(DEFAULT)]
        default = next((value.strip("\"' ") for name, _, value in lines if name == "LANG"), None)
        return {"generated": self._generated(), "default": default}

    def apply(self, diff: Diff) -> None:
        if "generated" in diff:
            known = [line for line in _lines(SUPPORTED) if line.split()[:1] == [self.locale]]
            if not known:
                raise Failed(
                    f"there is no locale {self.locale!r}", hint=f"{SUPPORTED} on the host lists all there are."
                )
            if known[0] not in _lines(WANTED):
                with open(WANTED, "a", encoding="utf-8") as file:
                    file.write(f"{known[0]}\n")
            self.machine.run(["locale-gen"], timeout=300)
        self.machine.run(["update-locale", f"LANG={self.locale}"])

    def _generated(self) -> bool:
        """Whether libc has it; it writes `utf8` for `UTF-8`."""
        return self.locale.replace("UTF-8", "utf8") in self.machine.run(["locale", "-a"]).split()


def _lines(path: str) -> list[str]:
    """A file's lines; empty when there is no such file."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []
