"""An app that is taken from a host: what serves it goes, what it has written stays until that is asked for."""

from __future__ import annotations

import os
import pwd
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from windlass.agent.failures import Failed
from windlass.agent.nginx.reach import SITES
from windlass.agent.release.data import home
from windlass.agent.release.instance import STOP_TIMEOUT, Instance, defined
from windlass.agent.release.records import Releases
from windlass.agent.resources import nginx
from windlass.agent.resources.certificate import LINKS, OWN
from windlass.agent.resources.resource import Diff, Resource, State
from windlass.agent.resources.user import SYSTEM_IDS

if TYPE_CHECKING:
    from collections.abc import Collection

HOMES = "/srv"
RENEWALS = "/etc/letsencrypt/renewal"
# The first words of the file that we write for an app's site.
OURS = "# The app {}. Made by Windlass"


@dataclass(eq=False)
class Removal(Resource):
    """An app that shall be gone: its site, units, certificate and older releases; with `purge` all of it.

    Else its current release and its data stay, so that a deploy brings it back as it was.
    """

    app: str
    purge: bool = False

    def desired(self) -> State:
        gone = {"site": False, "units": [], "certificate": False, "older_releases": []}
        return {**gone, "data": []} if self.purge else gone

    def actual(self) -> State:
        releases = Releases(f"{HOMES}/{self.app}")
        current = releases.current
        kept = current.id if current else ""
        found = {
            "site": os.path.exists(self._site),
            "units": defined(self.app),
            "certificate": any(map(os.path.lexists, self._certificates)),
            "older_releases": [record.id for record in releases.all() if record.id != kept],
        }
        return {**found, "data": self._data()} if self.purge else found

    def apply(self, diff: Diff) -> None:
        self._check()
        if "site" in diff:
            self._close()
        if "units" in diff:
            self._stop()
        if "certificate" in diff:
            self._forget_certificate()
        releases = Releases(f"{HOMES}/{self.app}")
        for release in diff.get("older_releases", ([], []))[0]:
            self.machine.say(f"removing release {release}")
            releases.remove(release)
        venvs = {record.venv for record in releases.all()}
        for venv in releases.venvs() - venvs:
            shutil.rmtree(venv)
        if "data" in diff:
            self._purge()

    def notes(self) -> dict[str, Any]:
        if self.purge:
            return {}
        kept = [path for path in (f"{HOMES}/{self.app}", home(self.app)) if os.path.isdir(path)]
        return (
            {"kept": f"kept: {' and '.join(kept)} (--purge removes them)"} if kept else {"warning": _nothing(self.app)}
        )

    def _check(self) -> None:
        """Raises Failed for a site or a folder that is not of our making."""
        if os.path.exists(self._site):
            with open(self._site, encoding="utf-8", errors="replace") as file:
                if not file.read(200).startswith(OURS.format(self.app)):
                    raise Failed(f"{self._site} is not of Windlass's making", hint="Remove it by hand, if it shall go.")
        folder = f"{HOMES}/{self.app}"
        if os.path.lexists(folder) and self.app not in apps_here():
            raise Failed(f"{folder} is not of Windlass's making", hint="Remove it by hand, if it shall go.")

    def _close(self) -> None:
        """No visitor comes any more; with what nginx then refuses, the site stays."""
        aside = f"{LINKS}/.{self.app}.removed"
        shutil.copy2(self._site, aside)
        os.unlink(self._site)
        try:
            nginx.reload(self.machine)
        except Failed:
            shutil.copy2(aside, self._site)
            raise
        finally:
            os.unlink(aside)

    def _stop(self) -> None:
        """The instances finish what they have begun."""
        for release in defined(self.app):
            instance = Instance(self.machine, self.app, release)
            self.machine.say(f"stopping release {release}")
            instance.disable()
            self.machine.run(["systemctl", "stop", instance.socket, instance.service], timeout=STOP_TIMEOUT)
            instance.discard()

    def _forget_certificate(self) -> None:
        if os.path.exists(f"{RENEWALS}/{self.app}.conf"):
            self.machine.run(["certbot", "delete", "--non-interactive", "--cert-name", self.app], timeout=300)
        for path in self._certificates:
            _remove(path)

    def _purge(self) -> None:
        for path in self._data():
            if os.path.isabs(path):
                self.machine.say(f"removing {path}")
                _remove(path)
        if self._has_user():
            self.machine.run(["userdel", self.app])

    def _data(self) -> list[str]:
        """What is left of it at the end: folders, and its user by name."""
        paths = [f"{HOMES}/{self.app}", home(self.app), f"/run/{self.app}", f"/etc/tmpfiles.d/{self.app}.conf"]
        user = [f"user {self.app}"] if self._has_user() else []
        return [path for path in paths if os.path.lexists(path)] + user

    def _has_user(self) -> bool:
        try:
            return pwd.getpwnam(self.app).pw_uid in SYSTEM_IDS
        except KeyError:
            return False

    @property
    def _site(self) -> str:
        return f"{SITES}/{self.app}.conf"

    @property
    def _certificates(self) -> list[str]:
        renewal = f"{RENEWALS}/{self.app}.conf"
        return [f"{LINKS}/{self.app}", f"{OWN}/{self.app}", f"/etc/windlass/acme-ca/{self.app}.pem", renewal]


def apps_here() -> list[str]:
    """The apps that Windlass has put on this host, served or not."""
    names = sorted(os.listdir(HOMES)) if os.path.isdir(HOMES) else []
    return [name for name in names if all(os.path.isdir(f"{HOMES}/{name}/{part}") for part in ("releases", "venvs"))]


def left_over(known: Collection[str | None]) -> list[str]:
    """The apps that are served, or would be after a boot, and are none of those that the inventory has."""
    return [app for app in apps_here() if app not in known and (os.path.exists(f"{SITES}/{app}.conf") or defined(app))]


def _nothing(app: str) -> str:
    here = ", ".join(apps_here())
    return f"there is nothing of {app} here; {f'apps: {here}' if here else 'there are no apps'}"


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
