"""The lab itself, on a real engine: its hosts must be what a rented server is, or tests on them prove nothing."""

from __future__ import annotations

import json
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.lab.conftest import disposable_lab
from windlass import lab as labs
from windlass.cli.cli import run
from windlass.errors import LabError, UsageError
from windlass.lab import containers, files
from windlass.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

# What a service may do, and the directive that must stop it.
SANDBOXES = [
    ("touch /etc/sandbox-probe", "ProtectSystem=strict"),
    ("ls /home/deploy", "ProtectHome=yes"),
    ("test -e /tmp/sandbox-probe", "PrivateTmp=yes"),
    ("test -e /dev/sandbox-probe", "PrivateDevices=yes"),
    ("cat /proc/1/status", "ProtectProc=invisible -p User=deploy"),
    ("ip route get 192.0.2.1", "PrivateNetwork=yes"),
    ("python3 -c 'b\"x\" * 200_000_000'", "MemoryMax=50M -p MemorySwapMax=0"),
    ("chown deploy /etc/sandbox-probe", "CapabilityBoundingSet="),
]


def ssh(lab: Lab, destination: str, command: str, **options: str) -> str:
    """What a command prints over the machine's own ssh; raises CalledProcessError."""
    argv = ["ssh", "-F", str(lab.folder / files.SSH_CONFIG), "-o", "BatchMode=yes"]
    argv += [f"-o{name}={value}" for name, value in options.items()]
    done = subprocess.run([*argv, destination, command], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.strip()


def sandboxed(host: LabHost, command: str, *properties: str) -> str:
    """What a command prints in a transient systemd service with these properties; raises LabError."""
    options = " ".join(f"-p {each}" for each in properties)
    return host.run(f"systemd-run --quiet --wait --pipe {options} {command} 2>&1").strip()


def probe(host: LabHost) -> None:
    """Put what SANDBOXES act on in place."""
    host.run("touch /tmp/sandbox-probe /etc/sandbox-probe; chown root /etc/sandbox-probe")
    host.run("test -e /dev/sandbox-probe || mknod -m 666 /dev/sandbox-probe c 1 3")


def test_systemd_is_running(host: LabHost) -> None:
    assert host.run("systemctl is-system-running").strip() == "running"


def test_ssh_checks_the_host_key(lab: Lab, tmp_path: Path) -> None:
    assert ssh(lab, "lab", "id -un; hostname") == "root\nlab"
    (tmp_path / "empty").touch()
    with pytest.raises(subprocess.CalledProcessError) as refused:
        ssh(lab, "lab", "true", UserKnownHostsFile=str(tmp_path / "empty"))
    assert "Host key verification failed" in refused.value.stderr


def test_lab_ssh_gives_the_status_of_the_command(lab: Lab) -> None:
    assert lab.ssh("lab", ["exit 7"]) == 7
    with pytest.raises(UsageError, match="no lab host 'labb'"):
        lab.ssh("labb", [])


def test_command_line_on_a_lab_that_is_up(lab: Lab, project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", "status"], Project(project)) == 0
    shown = capfd.readouterr().out
    assert f"--resolve shortener.lab.test:443:{lab.host('lab').address} --cacert" in shown
    assert [line.split()[0] for line in shown.splitlines() if line.endswith("running")][:1] == ["lab"]
    assert run(["lab", "ssh", "lab", "--", "echo", "-n", "hello; exit 3"], Project(project)) == 3
    assert capfd.readouterr().out == "hello"
    assert run(["lab", "ssh", "lbb"], Project(project)) == 2
    assert "no lab host 'lbb'\n  there is: lab" in capfd.readouterr().err


def test_deploy_has_sudo_without_a_password(lab: Lab) -> None:
    assert ssh(lab, "deploy@lab", "sudo -n id -un") == "root"


def test_careful_has_sudo_with_a_password(lab: Lab) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        ssh(lab, "careful@lab", "sudo -n id -un")
    assert "password is required" in refused.value.stderr
    assert ssh(lab, "careful@lab", f"echo '{lab.careful_password}' | sudo -S -p '' id -un") == "root"


def test_host_is_bare(fresh_host: LabHost) -> None:
    for absent in ("nginx", "certbot", "gunicorn", "pip3", "pebble"):
        with pytest.raises(LabError):
            fresh_host.run(f"command -v {absent}")
    with pytest.raises(LabError, match="ensurepip"):
        fresh_host.run("python3 -m ensurepip --version 2>&1; python3 -c 'import ensurepip'")


@pytest.mark.parametrize(("command", "sandbox"), SANDBOXES)
def test_sandboxing_is_real(host: LabHost, command: str, sandbox: str) -> None:
    probe(host)
    sandboxed(host, command)
    with pytest.raises(LabError):
        sandboxed(host, command, sandbox)


def test_credentials_and_dynamic_users_work(host: LabHost) -> None:
    command = "sh -c 'cat $CREDENTIALS_DIRECTORY/word; id -u'"
    word, user = sandboxed(host, command, "SetCredential=word:secret", "DynamicUser=yes").split("secret")
    assert word == ""
    assert int(user) > 60000


def test_names_resolve_on_a_host(lab: Lab, host: LabHost) -> None:
    assert host.run("getent ahostsv4 shortener.lab.test").split()[0] == host.inner_address
    assert host.run("getent ahostsv4 acme.lab.test").split()[0] == lab.acme.inner_address
    lab.acme.set_name("other.lab.test", "192.0.2.7")
    assert host.run("getent ahostsv4 other.lab.test").split()[0] == "192.0.2.7"
    lab.acme.set_name("other.lab.test", "192.0.2.8")
    assert host.run("getent ahostsv4 other.lab.test").split()[0] == "192.0.2.8"
    lab.acme.break_name("other.lab.test")
    with pytest.raises(LabError):
        host.run("getent ahostsv4 other.lab.test")
    lab.acme.clear_name("other.lab.test")
    assert host.run("getent ahostsv4 other.lab.test").split()[0] == host.inner_address


def test_acme_directory_answers_on_a_host(lab: Lab, host: LabHost) -> None:
    fetch = f"import urllib.request as r; print(r.urlopen('{lab.acme.directory_url}').read().decode())"
    host.run(f"cat > /tmp/ca.pem <<'END'\n{lab.acme.ca_file.read_text()}END")
    answer = host.run(f'SSL_CERT_FILE=/tmp/ca.pem python3 -c "{fetch}"')
    with pytest.raises(LabError, match="CERTIFICATE_VERIFY_FAILED"):
        host.run(f'python3 -c "{fetch}"')
    assert json.loads(answer)["newOrder"].startswith("https://acme.lab.test:")


def test_roots_are_certificates_and_new_after_a_restart(lab: Lab) -> None:
    before = lab.acme.roots()
    ssl.create_default_context(cadata=before)
    lab.acme.restart({"PEBBLE_WFE_NONCEREJECT": "5"})
    assert lab.acme.roots() != before
    lab.acme.restart({})


def test_package_mirror_answers(host: LabHost) -> None:
    host.run("apt-get -q -o APT::Update::Error-Mode=any update", timeout=120)
    found = host.run("apt-cache policy nginx")
    assert "bookworm-security" in host.run("cat /etc/apt/sources.list")
    assert "Candidate: (none)" not in found


def test_two_hosts_see_each_other(lab: Lab, host: LabHost, fresh_host: LabHost) -> None:
    assert (fresh_host.address, fresh_host.ssh_port) != (host.address, host.ssh_port)
    greet = f"import socket; print(socket.create_connection(('{host.inner_address}', 22), 5).recv(4))"
    assert "SSH-" in fresh_host.run(f'python3 -c "{greet}"')
    assert ssh(lab, fresh_host.name, "hostname") == fresh_host.name


def test_reboot_keeps_files_and_changes_the_boot_id(lab: Lab, fresh_host: LabHost) -> None:
    fresh_host.run("echo 192.0.2.1 kept.test >> /etc/hosts; touch /tmp/gone /run/gone /root/kept; sync")
    before = fresh_host.boot_id()
    assert before != lab.host("lab").boot_id()
    fresh_host.reboot()
    assert fresh_host.boot_id() != before
    assert fresh_host.run("getent hosts kept.test").split()[0] == "192.0.2.1"
    assert fresh_host.run("ls -d /run/gone /root/kept 2>/dev/null || true").split() == ["/root/kept"]
    assert ssh(lab, fresh_host.name, "systemctl is-system-running") == "running"


def test_power_cut_and_back(lab: Lab, fresh_host: LabHost) -> None:
    before = fresh_host.boot_id()
    fresh_host.kill()
    assert lab.states()[fresh_host.container] != "running"
    fresh_host.start()
    assert fresh_host.boot_id() != before
    assert ssh(lab, fresh_host.name, "systemctl is-system-running") == "running"


def test_debian_13(lab: Lab, new_host: Callable[..., LabHost]) -> None:
    host = new_host(image_name="debian:13")
    assert "trixie" in host.run("cat /etc/os-release")
    assert host.run("systemctl is-system-running").strip() == "running"
    assert ssh(lab, "deploy@" + host.name, "sudo -n id -un") == "root"
    probe(host)
    for command, sandbox in SANDBOXES:
        sandboxed(host, command)
        with pytest.raises(LabError):
            sandboxed(host, command, sandbox)
    host.run("apt-get -q -o APT::Update::Error-Mode=any update", timeout=120)
    assert "trixie-security" in host.run("cat /etc/apt/sources.list")


def test_up_twice_then_down_leaves_nothing(lab: Lab, tmp_path: Path) -> None:
    """Beside the session's lab, which must not notice."""
    folder = tmp_path / "project" / ".windlass" / "lab"
    said: list[str] = []
    with disposable_lab(tmp_path / "project", hosts=2) as other:
        assert [host.name for host in other.hosts] == ["lab", "lab2"]
        assert {host.address for host in other.hosts}.isdisjoint({host.address for host in lab.hosts})
        before = footprint(folder)
        boots = [host.boot_id() for host in other.hosts]
        again = labs.up(folder, hosts=2, say=said.append)
        assert (said, footprint(folder)) == ([], before)
        assert [host.boot_id() for host in again.hosts] == boots
        assert again == other == labs.load(folder)
        with pytest.raises(LabError, match="the lab is up with debian:12, not debian:13"):
            labs.up(folder, image="debian:13", say=said.append)
        heals_what_is_broken(folder, again)
    assert not folder.parent.exists()
    assert containers.states(lab.engine, containers.label(folder)) == {}
    assert containers.prefix(folder) not in lab.engine.run("network", "ls")
    labs.down(folder, say=said.append)
    assert said == []
    assert set(lab.states().values()) == {"running"}
    with pytest.raises(LabError, match=r"run: \./deploy"):
        labs.load(folder)


def heals_what_is_broken(folder: Path, lab: Lab) -> None:
    """A stopped host, a lost host, a lost ACME server and the remains of a creation cut short."""
    lab.host("lab").stop()
    containers.remove(lab.engine, [lab.host("lab2").container, lab.acme.container])
    remains = ["--name", f"{lab.acme.container}x", "--entrypoint=/x", image_of(lab)]
    lab.engine.run("create", "--label", containers.label(folder), *remains)

    healed = labs.up(folder, hosts=2, say=print)
    assert sorted(healed.states().values()) == ["running"] * 3
    assert ssh(healed, "lab", "hostname") == "lab"
    assert ssh(healed, "lab2", "hostname") == "lab2"


def image_of(lab: Lab) -> str:
    """The image of a lab's first host."""
    return lab.engine.run("container", "inspect", "--format", "{{.Image}}", lab.host("lab").container).strip()


def footprint(folder: Path) -> dict[str, int]:
    """When each file of a folder was changed, the lock aside."""
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.name != files.LOCK}
