"""Several apps on one host, shaped differently, and several hosts in one run."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.lab.commands import DOMAIN, Commands
from windlass import lab as labs
from windlass.lab.visit import Visitor, visit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

SHORTENER, NOTES = "shortener.lab.test", "notes.lab.test"


@pytest.fixture
def commands(lab: Lab, host: LabHost, project: Path) -> Commands:
    """A project with the shortener and, on the host `lab`, a second app: a package with a factory."""
    lab.acme.clear_name(SHORTENER)
    commands = Commands.in_new_folder(project)
    path = commands.folder / "inventory/group_vars/lab.yml"
    known = yaml.safe_load(path.read_text())
    known["apps"]["notes"] = {"source": "apps/notes", "wsgi": "notes:create_app()", "domains": [NOTES]}
    path.write_text(yaml.safe_dump(known))
    return commands


def ask(lab: Lab, host: LabHost, name: str, path: str = "/healthz") -> int:
    with closing(Visitor(name, host.address, host.https_port, lab.acme.roots())) as visitor:
        return visitor.ask("GET", path)[0]


def test_two_apps_share_a_host_and_nothing_else(commands: Commands, lab: Lab, host: LabHost) -> None:
    first = commands.json("provision", "lab")
    assert first["failed"] == 0
    assert commands.json("provision", "lab")["changed"] == 0
    for name in (SHORTENER, NOTES):
        assert ask(lab, host, name) == 200
    owners = host.run("stat -c '%U %a' /var/lib/shortener /var/lib/notes").splitlines()
    assert owners == ["shortener 700", "notes 700"]
    for secret in (
        "/srv/shortener/current/env",
        "/srv/shortener/current/code/shortener/__init__.py",
        "/var/lib/shortener",
    ):
        host.run(f"! runuser -u notes -- test -r {secret}")
    served = {
        host.run(f"openssl x509 -noout -ext subjectAltName -in /etc/nginx/tls/{app}/fullchain.pem")
        for app in ("shortener", "notes")
    }
    assert len(served) == 2


def test_a_broken_app_does_not_stop_the_other(commands: Commands, lab: Lab, host: LabHost) -> None:
    commands("provision", "lab")
    before = release_of(commands, "notes")
    commands.write("apps/notes/src/notes/__init__.py", "create_app = None\nraise RuntimeError('broken on purpose')\n")
    page = commands.folder / "sample_app/shortener/templates/home.html"
    page.write_text(page.read_text().replace("Make a long link short", "Shorten it"))
    run = commands.json("deploy", "lab", status=1)
    failed = [result for result in run["resources"] if result["status"] == "failed"]
    assert [(result["app"], result["resource"]) for result in failed] == [("notes", "release notes")]
    assert "broken on purpose" in failed[0]["message"]
    assert release_of(commands, "notes") == before
    assert ask(lab, host, NOTES) == 200
    with closing(Visitor(SHORTENER, host.address, host.https_port, lab.acme.roots())) as visitor:
        assert "Shorten it" in visitor.ask("GET", "/")[2]


def test_deploy_takes_new_code_of_one_app_alone(commands: Commands) -> None:
    commands("provision", "lab")
    before = release_of(commands, "shortener"), release_of(commands, "notes")
    for name in ("sample_app/shortener/templates/home.html", "apps/notes/README.md"):
        commands.write(name, "changed\n")
    run = commands.json("deploy", "lab", "--app", "notes")
    of_the_host, *of_apps = run["resources"]
    assert of_the_host["resource"].startswith("provisioned ")
    assert {result["app"] for result in of_apps} == {"notes"}
    assert release_of(commands, "shortener") == before[0]
    assert release_of(commands, "notes") != before[1]


def test_several_hosts_are_provisioned_at_once(commands: Commands, lab: Lab, new_host: Callable[..., LabHost]) -> None:
    """Each has a name of its own, which the lab's name server knows."""
    commands = Commands.in_new_folder(commands.folder, DOMAIN)
    other = new_host(bare=False)
    labs.up(lab.folder)
    assert other.run(f"getent ahostsv4 {other.page}").split()[0] == other.inner_address
    hosts = commands.all_json("provision", "lab", other.name)
    assert [(each["host"], each["failed"]) for each in hosts] == [("lab", 0), (other.name, 0)]
    hosts = commands.all_json("provision", f"lab:{other.name}")
    assert [(each["host"], each["changed"]) for each in hosts] == [("lab", 0), (other.name, 0)]
    for each in (lab.host("lab"), other):
        visit(each.page, each.address, each.https_port, lab.acme.roots(), lambda line: None)


def release_of(commands: Commands, name: str) -> str:
    """The current release of an app of the host `lab`."""
    (app,) = commands.json("releases", "lab", "--app", name)["apps"]
    return str(next(each["id"] for each in app["releases"] if each["current"]))
