"""What PAM asks of logins and passwords: profiles of pam-auth-update(8), proved by a second login."""

from __future__ import annotations

import fcntl
import glob
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent import files
from windlass.agent.failures import Failed
from windlass.agent.probation import DELAY, Probation
from windlass.agent.resources.patch import patch_of
from windlass.agent.resources.resource import Diff, Resource, State

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
# Control, module and arguments, in a stack after its name; see pam.conf(5).
LINE = re.compile(r"\s*(\[[^]]*\]|\w+)\s+(pam_\w+\.so)(.*)")
OWN_LINES = '(the "Primary" block)'
DATABASE = "/var/cache/debconf/config.dat"
LEAVE = "`accounts: {pam: false}` leaves PAM as it is."
PATIENCE = 300  # seconds for who holds it, e.g. an installation of packages


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
        self._refuse_jumps()
        self._await_database()
        probation = self._probation
        probation.begin()
        profiles = "".join(f"[ ! -e {path} ] || cp -p {path} profiles/; " for path in self._paths.values())
        save = f"mkdir profiles; cp -a {MEMORY} memory; mkdir stacks; cp -p {STACKS}/common-* stacks/; {profiles}"
        # To the disk, before the order to restore it gets there.
        self.machine.run(["sh", "-c", f"set -e; cd {probation.folder}; {save} sync -f ."])
        probation.change(self._change)
        self._proved = True

    def patch(self) -> str:
        patches = (patch_of(path, self.profiles[name].encode()) for name, path in self._paths.items())
        return "\n".join(each for each in patches if each)

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
        back = f"cp -p stacks/* {STACKS}/; cp -a memory/. {MEMORY}/"
        ours = f"rm -f {' '.join(self._paths.values())}; cp -a profiles/. {self.folder}/"
        return Probation(self.machine, "pam", restore=f"{back}; {ours}", reload=":", delay=self.delay)

    def _refuse_unknown_modules(self) -> None:
        """A line whose module is not there would refuse everybody."""
        for _, _, module, _ in self._lines():
            if not any(glob.glob(f"{folder}/{module}") for folder in MODULES):
                raise Failed(f"there is no {module} here", hint=LEAVE)

    def _refuse_jumps(self) -> None:
        """Lines above those of the profiles that jump over so many of these would land elsewhere."""
        for section in SECTIONS:
            path = f"{STACKS}/common-{section}"
            for line in _text(path).partition(OWN_LINES)[0].splitlines():
                if re.match(rf"{section}\s+\[[^]]*=\d", line):
                    raise Failed(f"{path} has a line of its own that jumps over others: {line.strip()}", hint=LEAVE)

    def _await_database(self) -> None:
        """pam-auth-update does not wait for debconf's lock, as apt does for its own."""
        for tried in range(PATIENCE):
            if _is_free(DATABASE):
                return
            if not tried:
                self.machine.say("waiting for debconf, which somebody else is at")
            self.machine.aborted.wait(1)
            self.machine.heed_abort()

    def _change(self) -> None:
        for name, path in self._paths.items():
            files.write(path, self.profiles[name].encode())
        command = ["pam-auth-update", "--package", "--enable", *self.profiles]
        self.machine.run(command, env={"DEBIAN_FRONTEND": "noninteractive"})
        if missing := self._missing():
            raise Failed(
                f"without effect, and as it was again: {missing[0]}",
                hint="It was changed by hand, which pam-auth-update leaves alone (`pam-auth-update --force` would not)."
                f" {LEAVE}",
            )
        self.machine.run(["sync", "-f", STACKS, MEMORY])

    def _missing(self) -> list[str]:
        """What the profiles say and the stacks do not, in words."""
        found = {section: _lines_of(section, _text(f"{STACKS}/common-{section}")) for section in SECTIONS}
        return [
            f"{STACKS}/common-{section} has no `{' '.join((module, *arguments))}`"
            for section, control, module, arguments in self._lines()
            if not any(
                (control, module) == line[:2] and set(arguments) - LATER <= set(line[2]) for line in found[section]
            )
        ]

    def _lines(self) -> Iterator[tuple[str, str, str, list[str]]]:
        """Section, control, module and its arguments of each line of the profiles, but for those instead of another."""
        for text in self.profiles.values():
            section = ""
            for line in text.splitlines():
                if line.endswith(":"):
                    section = line[:-1].lower()
                elif section in SECTIONS and (match := LINE.fullmatch(line)):
                    yield section, _plain(match[1]), match[2], match[3].split()


def _is_free(path: str) -> bool:
    """Whether nobody has a lock on a file, or it is not there."""
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def _lines_of(section: str, text: str) -> list[tuple[str, str, list[str]]]:
    """Control, module and arguments of each line of a stack."""
    matches = (LINE.fullmatch(line[len(section) :]) for line in text.splitlines() if line.startswith(section))
    return [(_plain(match[1]), match[2], match[3].split()) for match in matches if match]


def _plain(control: str) -> str:
    """Without how far it jumps, for which a profile has `end` and a stack a number."""
    return re.sub(r"=(\d+|end)\b", "=N", control)


def _text(path: str) -> str:
    """Of a stack; empty = there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""
