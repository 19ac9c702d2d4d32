"""[H] What PAM asks of logins and passwords: profiles of pam-auth-update(8), proved by a second login."""

from __future__ import annotations

import glob
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass import files
from windlass.probation import DELAY, Probation
from windlass.resources.resource import Diff, Failed, Resource, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STACKS = "/etc/pam.d"
# What pam-auth-update has written last, and so whether somebody has changed it by hand.
MEMORY = "/var/lib/pam"
# Debian 13 and Ubuntu have them below /usr.
MODULES = ("/lib/*/security", "/usr/lib/*/security")
SECTIONS = ("auth", "account", "password")
# Of a module that is not the first to ask for a password.
LATER = {"use_authtok", "try_first_pass"}


@dataclass(eq=False)
class Pam(Resource):
    """Profiles in `folder`, texts by name, which pam-auth-update puts into what all services include.

    A second login must work with them; `delay` is how long it may take (seconds). Never over changes by hand, which
    pam-auth-update leaves alone.
    """

    folder: str
    profiles: Mapping[str, str]
    delay: int = DELAY
    _proved = False

    def desired(self) -> State:
        return {**self._digests, "effective": True, "proved": True}

    def actual(self) -> State:
        found = {name: files.digest(path) for name, path in self._paths.items()}
        if not any(found.values()):
            return None
        if self._probation.pending:
            return {**found, "effective": False, "proved": False}
        # Of other profiles there is nothing to say.
        return {**found, "effective": not (found == self._digests and self._missing()), "proved": True}

    def apply(self, diff: Diff) -> None:
        self._refuse_unknown_modules()
        probation = self._probation
        probation.begin()
        kept = "".join(f"[ ! -e {path} ] || cp -p {path} old/; " for path in self._paths.values())
        save = f"set -e; mkdir old; cp -a {STACKS} stacks; cp -a {MEMORY} memory; {kept}"
        self.machine.run(["sh", "-c", f"cd {probation.folder}; {save}"])
        probation.change(self._change)
        self._proved = True

    def notes(self) -> dict[str, str]:
        return {"pam": "pam: a second login works with the new profiles, so they are kept"} if self._proved else {}

    @property
    def _digests(self) -> dict[str, str]:
        return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in self.profiles.items()}

    @property
    def _paths(self) -> dict[str, str]:
        return {name: f"{self.folder}/{name}" for name in self.profiles}

    @property
    def _probation(self) -> Probation:
        back = f"cp -a stacks/. {STACKS}/; cp -a memory/. {MEMORY}/"
        ours = f"rm -f {' '.join(self._paths.values())}; cp -a old/. {self.folder}/"
        return Probation(self.machine, "pam", restore=f"{back}; {ours}", reload=":", delay=self.delay)

    def _refuse_unknown_modules(self) -> None:
        """A line whose module is not there would refuse everybody."""
        for _, module, _ in self._lines():
            if not any(glob.glob(f"{folder}/{module}") for folder in MODULES):
                raise Failed(f"there is no {module} here", hint="`accounts: {pam: false}` leaves PAM as it is.")

    def _change(self) -> None:
        for name, path in self._paths.items():
            files.write(path, self.profiles[name].encode())
        self.machine.run(["pam-auth-update", "--package", "--enable", *self.profiles])
        if missing := self._missing():
            raise Failed(
                f"without effect, and as it was again: {missing[0]}",
                hint="It was changed by hand, which pam-auth-update leaves alone (`pam-auth-update --force` would not)."
                " `accounts: {pam: false}` leaves PAM as it is.",
            )

    def _missing(self) -> list[str]:
        """What the profiles say and the stacks do not, in words."""
        found = {stack: _modules(f"{STACKS}/common-{stack}") for stack in SECTIONS}
        return [
            f"{STACKS}/common-{stack} has no `{' '.join((module, *arguments))}`"
            for stack, module, arguments in self._lines()
            if not any(module == other and set(arguments) - LATER <= set(rest) for other, rest in found[stack])
        ]

    def _lines(self) -> Iterator[tuple[str, str, list[str]]]:
        """Stack, module and its arguments of each line of the profiles, but for those instead of another one."""
        for text in self.profiles.values():
            section = ""
            for line in text.splitlines():
                if line.endswith(":"):
                    section = line[:-1].lower()
                elif line.startswith("\t") and section in SECTIONS:
                    module, *arguments = line.rpartition("\t")[2].split()
                    yield section, module, arguments


def _modules(path: str) -> list[tuple[str, list[str]]]:
    """Module and arguments of each line of a stack; [] = there is no such file."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [line.split() for line in file if not line.startswith("#")]
    except FileNotFoundError:
        return []
    found = []
    for words in lines:
        places = [place for place, word in enumerate(words) if word.endswith(".so")]
        if places:
            found.append((words[places[0]], words[places[0] + 1 :]))
    return found
