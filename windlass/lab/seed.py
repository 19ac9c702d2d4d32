"""What is put into a container before its first start: a tar of the files that make it this one host."""

from __future__ import annotations

import io
import os
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from windlass.lab import key, mirror, trust

if TYPE_CHECKING:
    from windlass.lab.key import Key

HERE = Path(__file__).parent
SEED = "/usr/lib/lab-seed"
INIT = "/usr/sbin/lab-init"


@dataclass(frozen=True)
class File:
    """A file of a seed."""

    content: str
    mode: int = 0o644


@dataclass(frozen=True)
class Login:
    """Who may log in to a lab host: one key for all users, a password for `careful`'s sudo."""

    public_key: str
    careful_password: str


def host(name: str, suite: str, host_key: Key, login: Login, acme: str) -> bytes:
    """The seed of a lab host; `acme` is the address that answers ACME and DNS."""
    files = {
        "/etc/hostname": File(f"{name}\n"),
        "/etc/hosts": File(f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {name}\n{acme} acme.lab.test\n"),
        "/etc/resolv.conf": File(f"nameserver {acme}\n"),
        **_host_key("ed25519", host_key, name),
        **_host_key("rsa", key.new_rsa(), name),
        "/root/.ssh/authorized_keys": File(login.public_key, 0o600),
        "/etc/sudoers.d/deploy": File("deploy ALL=(ALL:ALL) NOPASSWD: ALL\n", 0o440),
        **_network(suite),
    }
    seed = {f"{SEED}/files{path}": file for path, file in files.items()}
    seed[f"{SEED}/passwords"] = File(f"careful:{login.careful_password}\n", 0o600)
    seed[f"{SEED}/first_boot.sh"] = File((HERE / "first_boot.sh").read_text())
    seed[INIT] = File((HERE / "init.sh").read_text(), 0o755)
    return archive(seed)


def _host_key(kind: str, pair: Key, name: str) -> dict[str, File]:
    path = f"/etc/ssh/ssh_host_{kind}_key"
    return {path: File(pair.private, 0o600), f"{path}.pub": File(f"{pair.public} root@{name}\n")}


def archive(files: dict[str, File]) -> bytes:
    """A tar of absolute paths, owned by root; without directories, so that no existing one changes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for path, file in files.items():
            content = file.content.encode()
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), file.mode
            tar.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


@cache
def _network(suite: str) -> dict[str, File]:
    """The files that let a host reach mirrors and indexes as this machine does."""
    certificates = trust.own_certificates()
    files = {
        "/etc/apt/sources.list": File("".join(f"{line}\n" for line in mirror.sources(suite))),
        "/etc/environment": File(trust.login_environment(os.environ, bool(certificates))),
    }
    if settings := mirror.settings():
        files["/etc/apt/apt.conf.d/00lab"] = File("".join(f"{line}\n" for line in settings))
    if pip := trust.pip_conf(os.environ):
        files["/etc/pip.conf"] = File(pip)
    for number, certificate in enumerate(certificates, 1):
        files[f"/usr/local/share/ca-certificates/lab-{number:02}.crt"] = File(certificate)
    return files
