"""What the lab says when an engine, a host or the ACME server fails it; engines here are small programs that do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ssh.sshd import free_port
from windlass.errors import LabError
from windlass.lab import certificate, image, network
from windlass.lab.acme import PORTS, Acme
from windlass.lab.engine import Engine
from windlass.lab.host import LabHost, create_host


def engine(folder: Path, script: str) -> Engine:
    """A podman that does this."""
    program = folder / "podman"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Engine("podman", (str(program),))


def lab_host(engine: Engine) -> LabHost:
    return LabHost("lab", "debian:12", "windlass-0-lab", "10.0.0.11", "", engine, "127.0.0.1", free_port())


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of images without one, and first on the PATH a folder for programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder


def test_no_network(tmp_path: Path) -> None:
    refusing = engine(tmp_path, "echo 'Error: could not find free subnet' >&2; exit 125")
    with pytest.raises(LabError) as raised:
        network.ensure(refusing, "windlass-0", "x")
    assert str(raised.value) == (
        "cannot create a network for the lab: podman network: Error: could not find free subnet\n"
        "  look at: podman network ls"
    )


def test_a_host_that_does_not_come_up(tmp_path: Path) -> None:
    with pytest.raises(LabError) as raised:
        lab_host(engine(tmp_path, "exit 0")).wait(seconds=0.1)
    assert str(raised.value) == (
        "lab did not come up within 0.1 s (systemd says: no answer)\n  look at: podman logs windlass-0-lab"
    )


def test_a_host_for_which_there_is_no_place(tmp_path: Path) -> None:
    refusing = engine(tmp_path, "echo 'Error: bind: address already in use' >&2; exit 126")
    with pytest.raises(LabError) as raised:
        create_host(lab_host(refusing), "x", [], b"", set())
    assert str(raised.value) == (
        "no place on the loopback for lab host lab: podman create: Error: bind: address already in use\n"
        "  look at: ss --listening --tcp"
    )


def test_an_acme_server_that_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(certificate.endpoint("acme.lab.test", "10.0.0.2")[0])
    ports = {port: free_port() for port in PORTS}
    silent = Acme("windlass-0-acme", "10.0.0.2", ports, tmp_path / "ca.pem", engine(tmp_path, "echo last words"))
    with pytest.raises(LabError) as raised:
        silent.roots()
    assert str(raised.value) == (
        "the lab's ACME server does not answer: [Errno 111] Connection refused\n  run: ./deploy.py lab up"
    )
    with pytest.raises(LabError) as raised:
        silent.wait(seconds=0.1)
    assert str(raised.value) == (
        "the lab's ACME server did not answer within 0.1 s: last words\n  look at: podman logs windlass-0-acme"
    )


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'I: running'; echo 'E: no such mirror' >&2; echo 'E: giving up' >&2; exit 1", "E: no such mirror"),
        ("exit 3", "exit status 3"),
        ("exec sleep 60", "it took more than 0.2 s"),
    ],
)
def test_a_host_image_that_cannot_be_made(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    if "sleep" in script:
        monkeypatch.setattr(image, "BOOTSTRAP_TIMEOUT", 0.2)
    (cache / "mmdebstrap").write_text(f"#!/bin/sh\n{script}\n")
    (cache / "mmdebstrap").chmod(0o755)
    with pytest.raises(LabError) as raised:
        image.host_image(engine(tmp_path, "exit 1"), "debian:12", lambda line: None)
    assert str(raised.value) == (
        f"mmdebstrap could not make a bookworm image: {reason}\n  see that `apt-get update` works on this machine"
    )


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Get:1 x\nE: Unable to locate package pebble\nE: and so on", "E: Unable to locate package pebble"),
        ("no space left", "podman start: no space left"),
    ],
)
def test_an_acme_image_that_cannot_be_made(tmp_path: Path, cache: Path, said: str, reason: str) -> None:
    refusing = engine(tmp_path, f"case $1 in image|start) echo '{said}' >&2; exit 1;; esac")
    with pytest.raises(LabError) as raised:
        image.acme_image(refusing, "debian:12", "windlass/debian-12:0", lambda line: None)
    assert str(raised.value) == (
        f"cannot add pebble, dnsmasq-base to windlass/debian-12:0: {reason}\n"
        "  see that `apt-get update` works on this machine"
    )
