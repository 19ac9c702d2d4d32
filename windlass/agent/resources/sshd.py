"""sshd's settings, in a drop-in of their own: in effect, and proved by a second login."""

from __future__ import annotations

import calendar
import hashlib
import os
import re
import time
from dataclasses import dataclass

from windlass.agent import files
from windlass.agent.failures import CommandTrouble, Failed
from windlass.agent.probation import DELAY, Probation
from windlass.agent.resources.patch import patch_of
from windlass.agent.resources.resource import Diff, Resource, State, Unknown
from windlass.agent.resources.ssh_keys import UNSEEN, held_up, unseen, without_key
from windlass.agent.resources.sshd_config import Line, keyless, left_alone, overruled, read, refuse_dead_ends

MAIN = "/etc/ssh/sshd_config"
UNIT = "ssh.service"
MODE = 0o600
# Restarted, not reloaded: a reload only sends a signal, and a login right after it may still meet the old settings.
# Sessions that are open stay open (KillMode=process in the unit of Debian and Ubuntu).
# The counter of restarts is set back, for systemd refuses the sixth within ten seconds.
RESTART = f"systemctl reset-failed {UNIT}; systemctl restart {UNIT}"
# As systemd writes them, e.g. `Sat 2026-11-21 04:16:39 UTC`.
TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
# Where `sshd -T` calls a value by another name.
SAME = {"prohibit-password": "without-password"}


@dataclass(eq=False)
class Sshd(Resource):
    """sshd's settings `content`, in the file `path` that its main configuration includes before it says anything.

    Key exchange algorithms that the host's sshd does not know are left out, and settings that would shut out people
    whom the host's own files let in with a key. `delay` is how long a second login may take (seconds).
    """

    path: str
    content: str
    delay: int = DELAY
    _proved = False
    _withdrawn = False

    def desired(self) -> State:
        return {"settings": hashlib.sha256(self._wanted.encode()).hexdigest(), "effective": True, "proved": True}

    def actual(self) -> State:
        settings = files.digest(self.path)
        if settings is None:
            return None
        if self._probation.pending:
            return {"settings": settings, "effective": False, "proved": False}
        # Of other settings there is nothing to say.
        current = settings == hashlib.sha256(self._wanted.encode()).hexdigest()
        return {"settings": settings, "effective": not (current and self._overruled()), "proved": True}

    def apply(self, diff: Diff) -> None:
        if not os.path.isdir(os.path.dirname(self.path)):
            raise Failed(f"there is no folder {os.path.dirname(self.path)}", hint="Is this OpenSSH 8.2 or newer?")
        wanted = self._wanted
        probation = self._probation
        if not probation.pending:
            self._refuse_untried()
        refuse_dead_ends(self._others)
        withdrawn = self._shows_ecdsa()
        probation.begin()
        try:
            with open(self.path, "rb") as file:
                files.write(f"{probation.folder}/old", file.read(), mode=0o600)
        except FileNotFoundError:
            files.write(f"{probation.folder}/none", b"")
        probation.change(lambda: self._change(wanted))
        self._proved, self._withdrawn = True, withdrawn

    def patch(self) -> str:
        return patch_of(self.path, self._wanted.encode(), MODE)

    def notes(self) -> dict[str, str]:
        said = ["a second login works with the new settings, so they are kept"] if self._proved else []
        if self._withdrawn:
            others = " or ".join(f"`{key}`" for key in self._host_keys if key.startswith("ssh-ed25519 "))
            said.append(
                "the ECDSA host key is shown no more: who knows the host by that alone has to forget it (ssh-keygen -R)"
                f" and to trust {others or 'its RSA key'}, which ssh-keyscan prints"
            )
        left = self._left
        said += [
            f"{name} stays as it is, because of {left[name.lower()]}"
            for name in dict.fromkeys(line.partition(" ")[0] for line in self.content.splitlines())
            if name.lower() in left
        ]
        said += [f"not everybody needs a key: {line}" for line in keyless(self._others)]
        if self._proved:
            said += [f"{line} counts no more" for line in overruled(self._others, self._wanted)]
            said += [f"{line} {UNSEEN}" for line in unseen(self._others)]
        return {"sshd": "\n".join(f"sshd: {line}" for line in said)} if said else {}

    def warning(self) -> str:
        if self._effective.get("passwordauthentication") != ["yes"] or "passwordauthentication" in self._left:
            return ""
        names = without_key(self._others)
        who = f"{' and '.join(names)} {'has' if len(names) == 1 else 'have'}"
        return f"sshd: {who} a password and no key, with which alone one gets in from now on" if names else ""

    @property
    def _probation(self) -> Probation:
        restore = f"if [ -e old ]; then cp -p old {self.path}; elif [ -e none ]; then rm -f {self.path}; fi"
        return Probation(self.machine, "ssh", restore=restore, reload=RESTART, delay=self.delay)

    def _refuse_untried(self) -> None:
        """Raises Failed if somebody has changed other settings and not told sshd: a restart would bring those, too."""
        properties = ["--property=ExecMainStartTimestamp", "--property=ExecReload"]
        said = self.machine.run(["systemctl", "show", *properties, UNIT], env={"TZ": "UTC"})
        times = [calendar.timegm(time.strptime(found, "%Y-%m-%d %H:%M:%S")) for found in TIMESTAMP.findall(said)]
        now = time.time()
        changed = [
            path
            for path in {line.path for line in self._lines} - {self.path}
            if os.stat(path).st_ctime > max(times, default=now) + 1
        ]
        if changed:
            raise Failed(
                f"{' and '.join(sorted(changed))} was changed after sshd has read it, and nobody has tried that",
                hint="See that one can still log in after `systemctl reload ssh`, then run again.",
            )

    def _change(self, wanted: str) -> None:
        files.write(self.path, wanted.encode(), mode=MODE)
        try:
            self.machine.run(["sshd", "-t"])
        except CommandTrouble as failure:
            raise Failed("refused by sshd, and as it was again", said=failure.output.strip()) from None
        self.machine.forget()
        if overruled := self._overruled():
            raise Failed(
                f"without effect, and as it was again: {'; '.join(overruled)}",
                hint=f"See that {MAIN} begins with `Include {os.path.dirname(self.path)}/*.conf`, and that no line"
                " before ours says otherwise: the first value counts for sshd.",
            )
        self.machine.run(["sh", "-c", RESTART])

    @property
    def _wanted(self) -> str:
        """The content, without algorithms that this sshd would refuse, and without what the host's files decide."""
        known = set(self._asked[0].split())
        left = self._left

        def keep(match: re.Match[str]) -> str:
            return match[1] + ",".join(name for name in match[2].split(",") if name in known)

        lines = self.content.splitlines(keepends=True)
        content = "".join(line for line in lines if line.partition(" ")[0].lower() not in left)
        return re.sub(r"^(KexAlgorithms )(.*)$", keep, content, flags=re.MULTILINE)

    @property
    def _lines(self) -> list[Line]:
        return self.machine.probe("sshd_config", lambda: read(MAIN))

    @property
    def _others(self) -> list[Line]:
        """What all files but our own say."""
        return [line for line in self._lines if line.path != self.path]

    @property
    def _left(self) -> dict[str, Line]:
        """Settings that stay as the host has them, each with the line because of which."""
        held = self.machine.probe("keys of sshd", lambda: held_up(self._others))
        return {**held, **left_alone(self._others)}

    @property
    def _asked(self) -> tuple[str, str]:
        """The key exchange algorithms that OpenSSH knows here, and the settings that sshd has now."""
        return self.machine.probe("sshd", self._ask)

    def _ask(self) -> tuple[str, str]:
        if not os.path.exists("/usr/sbin/sshd"):
            raise Unknown("there is no OpenSSH server")
        known, _, effective = self.machine.run(["sh", "-c", "ssh -Q kex; echo --; sshd -T 2>&1 || true"]).partition(
            "--\n"
        )
        return known, effective

    @property
    def _effective(self) -> dict[str, list[str]]:
        """The values that sshd has of each setting, names in lower case; none of it where it refuses its files."""
        effective: dict[str, list[str]] = {}
        for name, value in _settings(self._asked[1]):
            effective.setdefault(name, []).append(value)
        return effective

    @property
    def _host_keys(self) -> list[str]:
        """The public halves of the host's keys that sshd has, e.g. `ssh-ed25519 AAAA...`."""
        keys = []
        for path in self._effective.get("hostkey", []):
            if os.path.exists(f"{path}.pub"):
                with open(f"{path}.pub", encoding="utf-8", errors="replace") as file:
                    keys.append(" ".join(file.read().split()[:2]))
        return keys

    def _shows_ecdsa(self) -> bool:
        allowed = "ecdsa-" in self._effective.get("hostkeyalgorithms", [""])[0]
        return allowed and any(key.startswith("ecdsa-") for key in self._host_keys)

    def _overruled(self) -> list[str]:
        """What the file says and sshd does not do, with the place that says otherwise."""
        effective = self._effective
        if "port" not in effective:
            raise Failed(
                "sshd refuses its settings as they are",
                said=self._asked[1].strip(),
                hint="Mend them on the host until `sshd -t` is content, then run again.",
            )
        if not any(line.path == self.path and line.block is None for line in self._lines):
            return [f"{MAIN} does not include {self.path}"]
        wanted: dict[str, list[str]] = {}
        for name, value in _settings(self._wanted):
            wanted.setdefault(name, []).append(SAME.get(value, value))
        return [
            f"{name} is {', '.join(effective.get(name, ['unknown']))} ({self._says(name)})"
            for name, values in wanted.items()
            if effective.get(name) != values
        ]

    def _says(self, name: str) -> str:
        """The place that says it first, e.g. `/etc/ssh/sshd_config:12`."""
        return next(f"{line.path}:{line.number}" for line in self._lines if (line.keyword, line.block) == (name, None))


def _settings(text: str) -> list[tuple[str, str]]:
    """Names in lower case and values."""
    pairs = (line.split(None, 1) for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return [(pair[0].lower(), pair[-1]) for pair in pairs]
