"""known_hosts files, made by ssh-keygen where it makes them."""

from __future__ import annotations

import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.ssh.sshd import make_key, public
from windlass.errors import ConnectError
from windlass.ssh.known_hosts import append, lookup, parse_key

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key that no host has."""
    return make_key(tmp_path_factory.mktemp("keys") / "stranger")


def known(folder: Path, *lines: str) -> Path:
    """A known_hosts file of these lines."""
    file = folder / "known_hosts"
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def test_the_lines_of_one_host_are_found(tmp_path: Path, stranger: Path) -> None:
    key = public(stranger)
    file = known(
        tmp_path,
        "# a comment",
        "",
        f"other {key}",
        f"web1,192.0.2.1 {key} with a comment",
        f"*.example.com,!no.example.com {key}",
        f"[web1]:2222 {key}",
        f"@cert-authority web1 {key}",
        f"@revoked web1 {key}",
        "web1 ssh-dss AAAA",
        "web1 ssh-ed25519 not/base64!",
        "web1 ssh-ed25519 AAAA",
        "web1",
        "|1|nonsense ssh-ed25519 AAAA",
        f"|1|AAAA|AAAA {key}",
    )

    def lines(name: str) -> list[str]:
        return [
            key.where.removeprefix(f"{file}:") + " revoked" * key.revoked + " authority" * key.authority
            for key in lookup(name, [file])
        ]

    assert lines("web1") == ["4", "7 authority", "8 revoked"]
    assert lines("192.0.2.1") == ["4"]
    assert lines("[web1]:2222") == ["6"]
    assert lines("a.example.com") == ["5"]
    assert lines("no.example.com") == lines("example.com") == lines("web") == []


def test_a_missing_file_knows_nobody(tmp_path: Path) -> None:
    assert lookup("web1", [tmp_path / "none"]) == []


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConnectError) as caught:
        lookup("web1", [tmp_path])
    assert str(caught.value) == f"the known hosts in {tmp_path} cannot be read: Is a directory"


def test_entries_hashed_by_ssh_keygen_are_found_among_a_thousand(tmp_path: Path, stranger: Path) -> None:
    file = known(tmp_path, *(f"[host{number}]:2222,host{number} {public(stranger)}" for number in range(1000)))
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    assert all(line.startswith("|1|") for line in file.read_text().splitlines())
    found = lookup("[host500]:2222", [file])
    assert [key.blob for key in found] == [parse_key(public(stranger), "").blob]


def test_a_key_is_appended_on_a_line_of_its_own_in_private_files(tmp_path: Path, stranger: Path) -> None:
    key = parse_key(public(stranger), "")
    file = tmp_path / "new" / "known_hosts"
    append(file, "web1", key.kind, key.blob)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    file.write_text(file.read_text().rstrip("\n"))
    append(file, "web2", key.kind, key.blob)
    assert file.read_text() == f"web1 {public(stranger)}\nweb2 {public(stranger)}\n"
