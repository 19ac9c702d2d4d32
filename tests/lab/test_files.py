"""What the lab writes for ssh, the inventory and itself, without an engine."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml

from windlass.cli.commands.lab import page_command
from windlass.errors import LabError, UsageError
from windlass.lab import files, key
from windlass.lab.acme import Acme
from windlass.lab.engine import Engine
from windlass.lab.host import LabHost
from windlass.lab.lab import Lab, read
from windlass.lab.life import up

ENGINE = Engine("podman", ("podman", "--runtime", "runc"), {"CONTAINERS_CONF": "/x"})


def host(name: str, address: str, ssh_port: int) -> LabHost:
    return LabHost(
        name=name,
        image="debian:12",
        container=f"windlass-0-{name}",
        inner_address="10.0.0.11",
        host_key=key.new().public,
        engine=ENGINE,
        address=address,
        ssh_port=ssh_port,
        http_port=80,
        https_port=443,
    )


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    acme = Acme("windlass-0-acme", "10.0.0.2", {14000: 1, 15000: 2, 8055: 3}, tmp_path / files.ACME_CA, ENGINE)
    hosts = [host("lab", "127.0.0.5", 22), host("lab2", "127.0.0.1", 40022)]
    return Lab(tmp_path, "debian:12", ENGINE, "10.0.0.0/24", acme, "secret-word", hosts)


def test_inventory_is_ansibles_and_has_what_windlass_needs(lab: Lab) -> None:
    text = yaml.safe_dump(files.inventory(lab.folder, lab.hosts, lab.acme))
    group = yaml.safe_load(text)["all"]["children"]["lab"]
    assert group["hosts"]["lab2"]["ansible_port"] == 40022
    assert group["hosts"]["lab"]["host_key"].startswith("ssh-ed25519 ")
    assert group["vars"]["ansible_ssh_private_key_file"] == str(lab.folder / "id_ed25519")
    assert group["vars"]["tls"]["directory_url"] == "https://acme.lab.test:14000/dir"
    assert group["vars"]["tls"]["ca_file"] == str(lab.folder / "acme-ca.pem")


def test_ssh_config_holds_to_the_lab_only(lab: Lab) -> None:
    text = files.ssh_config(lab.folder, lab.hosts)
    assert "Host lab2\n    HostName 127.0.0.1\n    Port 40022\n" in text
    assert f'UserKnownHostsFile "{lab.folder}/known_hosts"' in text
    assert "StrictHostKeyChecking yes" in text
    assert ".ssh" not in text.replace(str(lab.folder), "")


def test_state_comes_back_as_it_was(lab: Lab) -> None:
    lab.save()
    assert read(lab.folder) == lab
    assert read(lab.folder).careful_password == "secret-word"
    assert stat.S_IMODE((lab.folder / files.STATE).stat().st_mode) == 0o600
    assert "secret-word" not in repr(lab)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 0}', '{"format": 1, "engine": {}}'])
def test_state_that_cannot_be_read_is_one_clear_error(tmp_path: Path, content: str) -> None:
    (tmp_path / files.STATE).write_text(content)
    with pytest.raises(LabError) as raised:
        read(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path}/state.json is damaged, or of another version of Windlass\n  run first: ./deploy.py lab down"
    )


def test_a_lab_that_is_up_does_not_become_another(lab: Lab) -> None:
    lab.save()
    with pytest.raises(LabError) as raised:
        up(lab.folder, image="debian:13")
    assert str(raised.value) == "the lab is up with debian:12, not debian:13\n  run first: ./deploy.py lab down"


def test_ssh_to_a_host_where_there_is_none(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError) as raised:
        lab.ssh("labb", [])
    assert str(raised.value) == "no lab host 'labb'\n  there is: lab, lab2"
    monkeypatch.setenv("PATH", str(lab.folder))
    with pytest.raises(UsageError) as raised:
        lab.ssh("lab", [])
    assert str(raised.value) == (
        "there is no ssh program on this machine\n  Install OpenSSH's client (Debian: openssh-client)."
    )


def test_an_image_that_the_lab_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        up(tmp_path, image="debian:14")
    assert str(raised.value) == "unknown lab image 'debian:14'\n  known: debian:12, debian:13"


def test_write_leaves_an_equal_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "file"
    files.write(file, "one", 0o600)
    before = file.stat().st_mtime_ns, file.stat().st_ino
    files.write(file, "one", 0o600)
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == before
    (tmp_path / ".file.new").write_text("left by a crash")
    files.write(file, "two", 0o600)
    assert (file.read_text(), [path.name for path in tmp_path.iterdir()]) == ("two", ["file"])


def test_remove_all_leaves_what_is_not_the_labs(tmp_path: Path) -> None:
    folder = tmp_path / ".windlass" / "lab"
    folder.mkdir(parents=True)
    for name in files.ALL:
        (folder / name).touch()
    (folder / "notes.txt").touch()
    files.remove_all(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    (folder / "notes.txt").unlink()
    files.remove_all(folder)
    assert list(tmp_path.iterdir()) == []


def test_page_command_speaks_to_the_right_host_and_port(lab: Lab) -> None:
    assert "--resolve shortener.lab2.test:443:127.0.0.1 " in page_command(lab, lab.hosts[1])
    assert "--resolve shortener.lab.test:443:127.0.0.5 " in page_command(lab, lab.hosts[0])
    lab.hosts[0].https_port = 40443
    assert "--connect-to shortener.lab.test:443:127.0.0.5:40443 " in page_command(lab, lab.hosts[0])
