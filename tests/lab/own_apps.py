"""The small apps of `tests/apps` on one lab host, from what `init` makes of them."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.lab.commands import Commands
from tests.lab.inventory import inventory
from tests.run_documents import read
from windlass.lab.visit import Visitor

if TYPE_CHECKING:
    from windlass.lab import Lab, LabHost

SOURCES = Path(__file__).parents[1] / "apps"
APPS = ("blog", "depot", "diary", "jobs", "portal", "single", "unguarded", "widget")
MOST_LINES = 6
PATIENCE = 3600  # seconds


@dataclass
class OwnApps:
    """A project with these apps on `host`; `first` is what its first provision said."""

    lab: Lab
    host: LabHost
    commands: Commands
    first: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def on(cls, lab: Lab, host: LabHost, folder: Path) -> OwnApps:
        """Has `init` write the inventory, line by line as it is, and provisions."""
        made = cls(lab, host, Commands(folder))
        tls = {
            "mode": "letsencrypt",
            "directory_url": lab.acme.directory_url,
            "ca_file": str(lab.folder / "acme-ca.pem"),
        }
        made.commands.write("inventory/hosts.yml", inventory(lab, [host], tls=tls))
        made.commands("secrets", "init")
        for name in APPS:
            shutil.copytree(SOURCES / name, folder / name)
            lab.acme.set_name(made.domain(name), host.inner_address)
            said = made.commands("init", str(folder / name), "--host", host.name, "--domain", made.domain(name)).out
            for line in said.partition("next:\n")[2].splitlines():
                if " secrets " in line:
                    made.commands(*line.split()[1:])
        made.check_lines()
        made.first = made.provision(status=None)
        return made

    def check_lines(self) -> None:
        """No app has needed more than a handful of lines."""
        written = yaml.safe_load((self.commands.folder / "inventory/hosts.yml").read_text())
        apps = written["all"]["hosts"][self.host.name]["apps"]
        assert list(apps) == list(APPS)
        assert max(len(settings) for settings in apps.values()) <= MOST_LINES

    def provision(self, status: int | None = 0) -> dict[str, Any]:
        """What a run says of the host; the first one makes an environment for each app."""
        (said,) = read(self.commands("provision", self.host.name, "--json", status=status, timeout=PATIENCE).out)[
            "hosts"
        ]
        return said

    def domain(self, name: str) -> str:
        """What an app answers to."""
        return f"{name}.{self.host.name}.test"

    def visitor(self, name: str, timeout: float = 120) -> Visitor:
        """Somebody who looks at an app over verified TLS, and waits so many seconds for each of its words."""
        visitor = Visitor(self.domain(name), self.host.address, self.host.https_port, self.lab.acme.roots())
        visitor.connect()
        visitor.sock.settimeout(timeout)
        return visitor

    def ask(
        self, name: str, method: str = "GET", path: str = "/", form: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Status and body of an app's answer."""
        with closing(self.visitor(name)) as visitor:
            status, _, body = visitor.ask(method, path, form)
            return status, body

    def status(self, name: str) -> int:
        """Of its first page."""
        return self.ask(name)[0]

    def change(self, name: str) -> None:
        """Gives it new code."""
        module = next(iter(sorted((self.commands.folder / name).rglob("*.py"))))
        module.write_text(module.read_text() + "\n# changed\n")

    def forget(self, name: str) -> None:
        """Takes its lines out of the inventory."""
        path = self.commands.folder / "inventory/hosts.yml"
        written = yaml.safe_load(path.read_text())
        del written["all"]["hosts"][self.host.name]["apps"][name]
        path.write_text(yaml.safe_dump(written))

    def remove_all(self) -> None:
        """Leaves the host as it was."""
        for name in APPS:
            self.commands("remove", self.host.name, "--app", name, "--yes", "--purge", status=None)
