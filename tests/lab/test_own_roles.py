"""A project's own role and kind of resource, as docs/own-roles.md has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from tests.lab.commands import Commands
from tests.lab.inventory import inventory
from tests.own_roles import make_repository, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab


def test_the_page_s_own_example(lab: Lab, fresh_host: LabHost, tmp_path: Path) -> None:
    project = Commands(tmp_path / "project")
    write_project(project.folder)
    key = make_repository(tmp_path)
    variables = {"night_report_key": key, "night_report_url": "file:/srv/repository"}
    project.write("inventory/hosts.yml", inventory(lab, [fresh_host]))
    project.write("inventory/group_vars/all/night_report.yml", yaml.safe_dump(variables))
    fresh_host.engine.run("cp", str(tmp_path / "repository"), f"{fresh_host.container}:/srv/repository")
    words = ("provision", fresh_host.name, "--tags", "night_report")
    checked = project.json(*words, "--check")
    assert {result["status"] for result in checked["resources"]} <= {"changed", "unknown", "ok"}
    assert fresh_host.run("test -e /etc/night-report.conf || echo none") == "none\n"
    first = project.json(*words)
    changed = [result["resource"] for result in first["resources"] if result["status"] == "changed"]
    assert changed[-4:] == [
        "packages night-report",
        "file /etc/night-report.conf",
        "alternative report",
        "file /etc/cron.d/night-report",
    ]
    assert project.json(*words)["changed"] == 0
    assert fresh_host.run("readlink -f /usr/bin/report") == "/usr/bin/night-report\n"
    fresh_host.run("update-alternatives --remove report /usr/bin/night-report")
    again = project.json(*words)
    assert [each["resource"] for each in again["resources"] if each["status"] == "changed"] == ["alternative report"]
