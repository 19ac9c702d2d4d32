"""The main job: a bare host becomes production, and stays as it is."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import testinfra

from tests.lab import upkeep
from tests.lab.commands import Commands
from windlass.lab import files
from windlass.lab.visit import Visitor, visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from testinfra.host import Host as Infra

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

NAME = "shortener.lab.test"

# A file of each part that can be left to others.
PARTS = {
    "ssh": "/etc/ssh/sshd_config.d/00-windlass.conf",
    "firewall": "/etc/windlass/firewall.nft",
    "updates": "/etc/apt/apt.conf.d/52windlass-updates",
    "accounts": "/etc/security/pwquality.conf",
    "kernel": "/etc/sysctl.d/60-windlass.conf",
}

# Everything on disk with type, mode, owner, size, time of change and target; without what every login and boot writes.
LISTING = (
    "find / -xdev -not -path '/var/log/*' -not -path '/root/.cache*' -not -path '/var/lib/systemd/*' "
    "-not -path '/tmp*' -not -path '/var/tmp*' -not -path '/var/cache/ldconfig*' "
    "-not -path /root -not -path /run -not -path /var/log -printf '%y %m %u %g %s %C@ %p %l\\n' | sort -k7"
)


@pytest.fixture(scope="module", params=["debian:12", "debian:13"])
def world(request: pytest.FixtureRequest, lab: Lab, project: Path) -> Any:
    """A bare host of each release, with the names of the demo pointing at it, and the commands."""
    commands = Commands.in_new_folder(project)
    host = lab.add_host(f"bare{request.param[-2:]}", image_name=request.param)
    host.wait()
    lab.acme.set_name(NAME, host.inner_address)
    yield commands, lab, host
    lab.remove_host(host.name)


@pytest.fixture(scope="module")
def provisioned(world: Any) -> Any:
    """The same, provisioned; and what `--check` and the first run said."""
    commands, lab, host = world
    before = host.run(LISTING)
    checked = commands.json("provision", host.name, "--check", "--diff")
    after = host.run(LISTING)
    first = commands.json("provision", host.name)
    return commands, lab, host, {"before": before, "checked": checked, "after": after, "first": first}


def infra(lab: Lab, host: LabHost) -> Infra:
    config = str(lab.folder / files.SSH_CONFIG)
    return testinfra.get_host(f"ssh://{host.name}", ssh_config=config)


def test_check_on_a_bare_host_works_and_changes_nothing(provisioned: Any) -> None:
    *_, said = provisioned
    assert said["checked"]["status"] == "changed"
    assert said["checked"]["failed"] == 0
    assert said["before"] == said["after"]
    assert said["checked"]["changed"] + said["checked"]["unknown"] + said["checked"]["ok"] == len(
        said["checked"]["resources"]
    )


def test_first_run_succeeds_in_one_exec(provisioned: Any) -> None:
    *_, said = provisioned
    assert said["first"]["failed"] == 0
    assert said["first"]["changed"] > 20
    assert said["first"]["execs"] == 1


def test_second_run_changes_nothing(provisioned: Any) -> None:
    commands, _, host, _ = provisioned
    second = commands.json("provision", host.name)
    changed = [result["resource"] for result in second["resources"] if result["status"] != "ok"]
    assert changed == []
    said = commands("provision", host.name, "-v")
    assert f"{host.name}  0 changed, " in said.out
    assert ", 1 SSH exec" in said.out
    assert f"https://{NAME}/  certificate until 20" in said.out


def test_a_visitor_is_served_over_verified_tls(provisioned: Any) -> None:
    _, lab, host, _ = provisioned
    said: list[str] = []
    visit(NAME, host.address, host.https_port, lab.acme.roots(), said.append)
    assert len(said) == 3


def test_a_certificate_of_somebody_else_is_not_believed(provisioned: Any) -> None:
    _, lab, host, _ = provisioned
    with (
        closing(Visitor("other.lab.test", host.address, host.https_port, lab.acme.roots())) as visitor,
        pytest.raises(ssl.SSLError),
    ):
        visitor.ask("GET", "/")


def test_http_leads_to_https(provisioned: Any) -> None:
    _, _, host, _ = provisioned
    connection = http.client.HTTPConnection(host.address, host.http_port, timeout=60)
    connection.request("GET", "/some?thing=1", headers={"Host": NAME})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Location")) == (301, f"https://{NAME}/some?thing=1")
    connection.close()


def test_nginx_serves_the_static_files_itself(provisioned: Any) -> None:
    _, lab, host, _ = provisioned
    with closing(Visitor(NAME, host.address, host.https_port, lab.acme.roots())) as visitor:
        assert visitor.ask("GET", "/static/style.css")[0] == 200
    release = host.run("readlink -f /srv/shortener/current").strip()
    unit = release.rpartition("/")[2]
    host.run(f"journalctl --sync; ! journalctl -u 'shortener@{unit}.service' | grep -q style.css")


def test_an_independent_tool_finds_what_was_promised(provisioned: Any) -> None:
    _, lab, host, _ = provisioned
    found = infra(lab, host)
    for name in ("nginx", "certbot", "unattended-upgrades"):
        assert found.package(name).is_installed
    for name in ("nginx", "certbot.timer"):
        assert found.service(name).is_running
        assert found.service(name).is_enabled
    release = found.file("/srv/shortener/current").linked_to
    unit = release.rpartition("/")[2]
    assert found.service(f"shortener@{unit}").is_running
    assert found.socket(f"unix:///run/shortener/{unit}.sock").is_listening
    assert found.socket("tcp://0.0.0.0:443").is_listening
    env = found.file(f"{release}/env")
    assert (env.user, env.group, env.mode) == ("root", "root", 0o600)
    user = found.user("shortener")
    assert (user.shell, user.home) == ("/usr/sbin/nologin", "/var/lib/shortener")
    data = found.file("/var/lib/shortener")
    assert (data.user, data.mode) == ("shortener", 0o700)
    assert found.file("/var/lib/shortener/shortener.db").exists
    assert found.run("nginx -t").rc == 0
    assert not found.file("/etc/nginx/sites-enabled/default").exists
    assert found.run("date +%Z").stdout.strip() == "UTC"


def test_secrets_are_in_the_environment_file_alone(provisioned: Any) -> None:
    commands, _, host, _ = provisioned
    secret = (
        (commands.folder / ".windlass/lab/shortener.env")
        .read_text()
        .partition("SECRET_KEY=")[2]
        .split()[0]
        .strip("'\"")
    )
    assert len(secret) >= 32
    places = host.run(f"grep -rlF -e '{secret}' /srv /etc /var /run /tmp /home /root 2>/dev/null || true").split()
    assert [place for place in places if not place.endswith("/env")] == []
    assert places
    said = commands("provision", host.name, "--check", "--diff", "-vv", "--json")
    assert secret not in said.out + said.err


def test_only_ssh_and_web_listen_beyond_loopback(provisioned: Any) -> None:
    _, _, host, _ = provisioned
    listening = host.run("ss -Hltn").splitlines()
    ports = {line.split()[3].rpartition(":")[2] for line in listening if not line.split()[3].startswith("127.")}
    assert ports <= {"22", "80", "443"}


def test_status_tells_release_health_and_certificate(provisioned: Any) -> None:
    commands, _, host, _ = provisioned
    (told,) = json.loads(commands("status", host.name, "--json").out)["hosts"]
    (app,) = told["apps"]
    assert app["active"]
    assert app["health"] == "ok"
    assert app["workers"] >= 2
    assert (app["certificate_kind"], app["certificate_late"]) == ("ca", False)
    assert app["certificate_issuer"].startswith("Pebble")
    text = commands("status", host.name).out
    assert "running, healthy" in text


@pytest.mark.parametrize("listen", ["80", "{address}:443 ssl"])
def test_a_server_block_in_front_of_an_apps_is_told_with_its_place(provisioned: Any, listen: str) -> None:
    """nginx only warns of the first, and says nothing of the second."""
    commands, _, host, _ = provisioned
    theirs = "/etc/nginx/sites-enabled/a-theirs"
    certificate = "".join(f"ssl_certificate{end} /etc/nginx/tls/shortener/{name}.pem; "
                          for end, name in (("", "fullchain"), ("_key", "privkey")))  # fmt: skip
    where = listen.format(address=host.inner_address)
    block = f"server {{ listen {where}; server_name {NAME}; {certificate} return 200; }}"
    host.run(f"echo '{block}' >{theirs} && systemctl reload nginx")
    line = f"{NAME} is answered by the server block at {theirs}:1"
    try:
        assert f"not reached: {line}" in commands("status", host.name, status=1).out
        said = commands.json("provision", host.name, "--tags", "site,tls,visitors", status=1)
        (failed,) = [each for each in said["resources"] if each["status"] == "failed"]
        assert failed["message"] == f"visitors do not meet the app: {line}"
        assert failed["hint"].startswith("A domain can be in one server block only: ")
    finally:
        host.run(f"rm {theirs} && systemctl reload nginx")
    commands("status", host.name)


def test_it_serves_again_after_a_reboot(provisioned: Any) -> None:
    commands, lab, host, _ = provisioned
    host.reboot()
    visit(NAME, host.address, host.https_port, lab.acme.roots(), lambda line: None)
    assert commands.json("provision", host.name)["changed"] == 0


@pytest.mark.parametrize("check", upkeep.CHECKS, ids=lambda check: check.__name__)
def test_upkeep(provisioned: Any, check: Callable[[Lab, LabHost], None]) -> None:
    _, lab, host, _ = provisioned
    check(lab, host)


def test_parts_are_left_to_others_and_taken_back(provisioned: Any) -> None:
    commands, _, host, _ = provisioned
    settings = f"inventory/host_vars/{host.name}.yml"

    def changed() -> list[str]:
        said = commands.json("provision", host.name, "--tags", "base,ssh,firewall,updates,accounts,kernel,nginx")
        return [each["resource"].split()[-1] for each in said["resources"] if each["status"] != "ok"]

    host.run("".join(f"echo '# mine' >>{file}; " for file in PARTS.values()) + "systemctl restart ssh")
    host.run("apt-get -q -y purge systemd-timesyncd >/dev/null 2>&1")
    try:
        off = "".join(f"{part}: off\n" for part in (*PARTS, "time_sync"))
        commands.write(settings, f"{off}journald_max_use: off\n")
        assert changed() == [PARTS["firewall"]]
        stayed = host.run(f"grep -ls '# mine' {' '.join(PARTS.values())} || true").split()
        assert {*stayed, PARTS["firewall"]} == {*PARTS.values()}
        assert len(stayed) == len(PARTS) - 1
        commands.write(settings, "nginx_sandbox: false\n")
        assert set(PARTS.values()) <= set(changed())
        host.run("dpkg -s systemd-timesyncd")
        assert host.run("systemctl show -p ProtectSystem nginx").strip() == "ProtectSystem=no"
    finally:
        (commands.folder / settings).unlink()
    assert "nginx" in changed()  # it was restarted
    assert host.run("systemctl show -p ProtectSystem nginx").strip() == "ProtectSystem=strict"
    assert "# mine" not in host.run(f"cat {' '.join(PARTS.values())}")


def test_fab_provisions_the_host_that_it_is_given(provisioned: Any) -> None:
    commands, lab, host, _ = provisioned
    there = ["-H", f"root@{host.address}:{host.ssh_port}", "-i", str(lab.folder / files.PRIVATE_KEY)]
    argv = [str(Path(sys.executable).with_name("fab")), "-c", "deploy", *there, "provision"]
    environment = {**os.environ, "WINDLASS_PROJECT": str(commands.folder)}
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{host.name}  0 changed" in done.stdout
