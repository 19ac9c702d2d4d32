"""The project of docs/own-roles.md, with a repository of packages as its makers would have one."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs/own-roles.md"
# A file's name, and the block of code that follows it.
FILE = re.compile(r"`((?:roles|kinds|templates)/[\w./-]+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
CONTROL = "Package: night-report\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <nobody@example.com>\n"


def write_project(folder: Path) -> None:
    """Writes the files that the page shows."""
    for name, text in FILE.findall(DOCS.read_text()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def make_repository(folder: Path) -> str:
    """Makes a signed repository with the package `night-report` in a folder; gives back its public key."""
    tree = folder / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(f"{CONTROL}Description: says which apps there are\n")
    (tree / "usr/bin/night-report").write_text("#!/bin/sh\ncat /etc/night-report.conf\n")
    (tree / "usr/bin/night-report").chmod(0o755)
    repository = folder / "repository"
    repository.mkdir()
    package = repository / "night-report.deb"
    _run("dpkg-deb", "--root-owner-group", "--build", str(tree), str(package))
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    entry = f"{CONTROL}Filename: ./{package.name}\nSize: {package.stat().st_size}\nSHA256: {digest}\n"
    (repository / "Packages").write_text(f"{entry}Description: says which apps there are\n\n")
    data = (repository / "Packages").read_bytes()
    line = f" {hashlib.sha256(data).hexdigest()} {len(data)} Packages\n"
    (folder / "Release").write_text(f"Date: Tue, 01 Dec 2026 00:00:00 UTC\nSHA256:\n{line}")
    gpg = ("gpg", "--homedir", str(folder / "gpg"), "--batch", "--pinentry-mode", "loopback", "--passphrase", "")
    (folder / "gpg").mkdir(mode=0o700)
    _run(*gpg, "--quick-generate-key", "packages@example.com", "ed25519", "sign", "never")
    _run(*gpg, "--clearsign", "-o", str(repository / "InRelease"), str(folder / "Release"))
    key = _run(*gpg, "--armor", "--export")
    _run("gpgconf", "--homedir", str(folder / "gpg"), "--kill", "all")
    return key


def _run(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
