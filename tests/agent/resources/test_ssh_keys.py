"""Who gets in by which key, found in real keys."""

from __future__ import annotations

import pwd
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.ssh.sshd import make_key, public
from windlass.agent.resources import ssh_keys
from windlass.agent.resources.ssh_keys import held_up, key_files, unseen, without_key
from windlass.agent.resources.sshd_config import overruled, read

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.agent.resources.sshd_config import Line


def user(name: str, home: Path, shell: str = "/bin/bash", number: int = 1234) -> pwd.struct_passwd:
    return pwd.struct_passwd((name, "x", number, number, "", str(home), shell))


@pytest.fixture
def eve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of the only user."""
    home = tmp_path / "eve"
    (home / ".ssh").mkdir(parents=True)
    monkeypatch.setattr(pwd, "getpwall", lambda: [user("eve", home), user("nobody", tmp_path, "/usr/sbin/nologin")])
    return home


def said(folder: Path, *lines: str) -> list[Line]:
    (folder / "sshd_config").write_text("\n".join(lines) + "\n")
    return read(str(folder / "sshd_config"))


def test_certification_authorities_and_short_keys_in_the_files_of_users(tmp_path: Path, eve: Path) -> None:
    ca, plain = make_key(tmp_path / "ca", "ecdsa"), make_key(tmp_path / "plain", "ecdsa")
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", tmp_path / "short"], check=True)
    keys = eve / ".ssh/authorized_keys"
    keys.write_text(f"# cert-authority {public(ca)}\n{public(plain)}\n{public(make_key(tmp_path / 'long', 'rsa'))}\n")
    assert held_up(said(tmp_path)) == {}
    with keys.open("a") as file:
        file.write(f'command="a cert \\" b",CERT-AUTHORITY {public(ca)}\nfrom="*" {public(tmp_path / "short")}\n')
    assert {name: str(line) for name, line in held_up(said(tmp_path)).items()} == {
        "casignaturealgorithms": f"`cert-authority ecdsa-sha2-nistp256` ({keys}:4)",
        "requiredrsasize": f"`ssh-rsa of 1024 bits` ({keys}:5)",
    }
    # Of another file that sshd reads in its place, be it for some users alone.
    assert held_up(said(tmp_path, f"AuthorizedKeysFile {tmp_path}/none/%u")) == {}
    of_eve = ("Match User eve", "AuthorizedKeysFile %h/.ssh/authorized_keys")
    assert len(held_up(said(tmp_path, f"AuthorizedKeysFile {tmp_path}/none/%u", *of_eve))) == 2


def test_files_by_the_tokens_in_their_names(tmp_path: Path, eve: Path) -> None:
    for name in ("eve", "1234", "100%"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "keys").write_text("")
    (tmp_path / "ldap").mkdir()
    (tmp_path / "ldap/keys").write_text("")
    lines = said(tmp_path, f"AuthorizedKeysFile {tmp_path}/%U/keys keys {tmp_path}/100%%/keys none")
    assert key_files(lines, [user("eve", eve)]) == [
        f"{tmp_path}/{name}/keys" for name in ("100%", "1234", "eve", "ldap")
    ]


def test_who_has_a_password_and_no_key(tmp_path: Path, eve: Path) -> None:
    shadow = tmp_path / "shadow"
    shadow.write_text("eve:$y$j9T$x:1::::::\nnobody:$y$j9T$x:1::::::\n")
    assert without_key(said(tmp_path), str(shadow)) == ["eve"]
    (eve / ".ssh/authorized_keys").write_text("# none yet\n")
    assert without_key(said(tmp_path), str(shadow)) == ["eve"]
    (eve / ".ssh/authorized_keys").write_text(f"{public(make_key(tmp_path / 'key'))}\n")
    assert without_key(said(tmp_path), str(shadow)) == []
    (eve / ".ssh/authorized_keys").unlink()
    for locked in ("!$y$j9T$x", "*", ""):
        shadow.write_text(f"eve:{locked}:1::::::\n")
        assert without_key(said(tmp_path), str(shadow)) == []


def test_a_key_that_cannot_be_read_is_nobodys(tmp_path: Path, eve: Path) -> None:
    (eve / ".ssh/authorized_keys").write_text("ssh-rsa AAAAB3\nssh-rsa AAAA\n")
    assert held_up(said(tmp_path)) == {}
    assert ssh_keys._bits("AAAA=A") == ssh_keys.SHORTEST


def test_lines_about_logins_that_count_no_more(tmp_path: Path) -> None:
    lines = said(
        tmp_path, "MaxAuthTries 10", "X11Forwarding yes", "LoginGraceTime 30", "Match User eve", "MaxSessions 1"
    )
    ours = "MaxAuthTries 3\nX11Forwarding no\nLoginGraceTime 30\nMaxSessions 4\n# Ciphers x\n"
    assert [line.text for line in overruled(lines, ours)] == ["MaxAuthTries 10"]


def test_programs_that_bring_keys(tmp_path: Path) -> None:
    lines = said(tmp_path, "AuthorizedKeysCommand none", "Match User eve", "AuthorizedKeysCommand /usr/bin/sss_keys %u")
    assert [line.text for line in unseen(lines)] == ["AuthorizedKeysCommand /usr/bin/sss_keys %u"]
