"""Apps of many shapes, each brought to a host by what `init` wrote, unedited, at the first try; and removed again."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.lab.commands import Commands
from tests.lab.own_apps import APPS, OwnApps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def apps(lab: Lab, host: LabHost, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnApps]:
    """All of them on the session's host, from an inventory of their own."""
    made = OwnApps.on(lab, host, tmp_path_factory.mktemp("own"))
    yield made
    made.remove_all()


def test_they_serve_at_the_first_try_and_a_second_run_changes_nothing(apps: OwnApps) -> None:
    assert apps.first["failed"] == 0
    assert [(name, apps.status(name)) for name in APPS] == [(name, 200) for name in APPS]
    assert apps.provision()["changed"] == 0
    remote = apps.commands("status", apps.host.name).out
    assert remote.count("healthy") == len(APPS)


def test_what_they_wrote_survives_a_new_release(apps: OwnApps) -> None:
    for name in ("diary", "blog"):
        assert apps.ask(name, "POST", "/", {"words": "kept"})[0] == 302
    with closing(apps.visitor("depot")) as visitor:
        visitor.request("PUT", "/files/big", bytes(50 * 1024 * 1024), {"Host": visitor.host})
        assert visitor.getresponse().status == 201
    for name in ("diary", "blog", "depot"):
        apps.change(name)
    run = apps.commands.json("deploy", apps.host.name)
    lost = {
        result["app"]: result["notes"]["traffic"].get("failed")
        for result in run["resources"]
        if "traffic" in result["notes"]
    }
    assert lost == dict.fromkeys(("diary", "blog", "depot"), 0)
    assert "kept" in apps.ask("diary")[1]
    assert "kept" in apps.ask("blog")[1]
    assert apps.ask("depot", path="/files/big")[1] == str(50 * 1024 * 1024)


def test_events_come_one_by_one_and_a_long_answer_comes(apps: OwnApps) -> None:
    assert re.findall(r"data: (\d)", apps.ask("depot", path="/events")[1]) == list("01234")
    with closing(apps.visitor("depot", timeout=600)) as visitor:
        visitor.request("GET", "/slow?seconds=45", headers={"Host": visitor.host})
        assert visitor.getresponse().read() == b"at last\n"


def test_one_that_goes_leaves_its_data_until_that_is_asked_for(apps: OwnApps) -> None:
    name, host = "widget", apps.host
    apps.forget(name)
    words = f"{name} is served, and not in the inventory: ./deploy.py remove {host.name} --app {name}"
    assert words in apps.commands("provision", host.name).out
    assert f"{name}  is served, and not in the inventory" in apps.commands("status", host.name).out
    run = apps.commands.json("remove", host.name, "--app", name, "--yes", "--check")
    assert run["changed"] == 1
    assert apps.status(name) == 200
    said = apps.commands("remove", host.name, "--app", name, "--yes").out
    assert f"kept: /srv/{name} and /var/lib/{name} (--purge removes them)" in said
    assert host.run(f"ls /srv/{name}/releases | wc -l").strip() == "1"
    left = (
        "ls /etc/nginx/sites-enabled /etc/nginx/tls /etc/letsencrypt/renewal /etc/systemd/system | grep widget || true"
    )
    assert host.run(left) == ""
    assert apps.commands.json("remove", host.name, "--app", name, "--yes")["changed"] == 0
    assert apps.commands.json("remove", host.name, "--app", name, "--yes", "--purge")["changed"] == 1
    assert host.run(f"ls -d /srv/{name} /var/lib/{name} 2>/dev/null; id {name} 2>/dev/null; true") == ""
    assert f"there is nothing of {name} here; apps: " in apps.commands("remove", host.name, "--app", name, "--yes").out
    assert apps.status("diary") == 200


def test_what_is_not_of_our_making_is_not_removed(apps: OwnApps) -> None:
    host = apps.host
    host.run("mkdir -p /srv/theirs; echo '# somebody else' > /etc/nginx/sites-enabled/other.conf")
    try:
        run = apps.commands.json("remove", host.name, "--app", "other", "--yes", status=1)
        message = run["resources"][0]["message"]
        assert message == "/etc/nginx/sites-enabled/other.conf is not of Windlass's making"
        assert run["resources"][0]["hint"] == "Remove it by hand, if it shall go."
        run = apps.commands.json("remove", host.name, "--app", "theirs", "--yes", "--purge", status=1)
        assert run["resources"][0]["message"] == "/srv/theirs is not of Windlass's making"
        host.run("test -d /srv/theirs && test -f /etc/nginx/sites-enabled/other.conf")
    finally:
        host.run("rm -rf /srv/theirs /etc/nginx/sites-enabled/other.conf")


@pytest.mark.soak
def test_the_same_on_debian_13_after_a_reboot_too(lab: Lab, new_host: Callable[..., LabHost], tmp_path: Path) -> None:
    host = new_host(image_name="debian:13")
    apps = OwnApps.on(lab, host, tmp_path)
    assert apps.first["failed"] == 0
    assert [(name, apps.status(name)) for name in APPS] == [(name, 200) for name in APPS]
    assert apps.provision()["changed"] == 0
    host.reboot()
    assert [(name, apps.status(name)) for name in APPS] == [(name, 200) for name in APPS]


def test_one_s_own_app_on_the_lab_in_one_command(lab: Lab, project: Path) -> None:
    """`provision lab --app-source`, the printed page line, and a visit."""
    commands = Commands.in_new_folder(project)
    names = ", ".join(host.name for host in lab.hosts)
    error = f"error: --app-source is for one host of the lab ({names}), not for www.example.com\n"
    hint = "  For a server of your own: ./deploy.py init SOURCE --host HOST\n"
    assert commands("provision", "www.example.com", "--app-source", ".", status=2).err == error + hint
    said = commands("provision", "lab", "--app-source", str(project / "apps/blog")).out
    assert "note  SECRET_KEY: made up for the lab, in " in said
    assert "https://blog.lab.test/" in commands("lab", "status").out
    assert "GET  https://blog.lab.test/ -> 200, certificate verified" in commands("lab", "visit").out
    assert commands.json("provision", "lab")["changed"] == 0
    commands("remove", "lab", "--app", "blog", "--yes", "--purge")
    (lab.folder / "apps-lab.yml").unlink()
    lab.write()
