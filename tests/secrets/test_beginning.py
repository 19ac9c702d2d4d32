"""`secrets init`: which key is the user's own; an SSH key is taken when it is proved to open what is sealed to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from tests.lab.commands import ROOT
from tests.secrets.projects import new_identity
from tests.secrets.terminal import on_a_terminal
from tests.secrets.test_keyring import WAYS, spoil, ssh_key
from windlass.errors import UsageError
from windlass.secrets.beginning import begin

FOLDER = Path("inventory/secrets")
BEGIN = """
from pathlib import Path
from windlass.secrets.beginning import begin
for line in begin(Path("inventory/secrets").resolve(), passphrase=False):
    print(line)
"""


def begun() -> list[str]:
    return list(begin(FOLDER.resolve(), passphrase=False))


def recipient() -> str:
    return (FOLDER / "recipients.txt").read_text().splitlines()[-1]


def test_an_age_key_goes_before_ssh_keys(home: Path) -> None:
    ssh_key(home, "id_ed25519")
    identity = new_identity(home)
    begun()
    assert recipient() == str(identity.to_public())


def test_the_named_key_goes_before_all(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_identity(home)
    ci = pyrage.x25519.Identity.generate()
    Path("ci.txt").write_text(f"{ci}\n")
    Path("ci.txt").chmod(0o600)
    monkeypatch.setenv("WINDLASS_IDENTITY", "ci.txt")
    assert begun()[0] == "your key is that of ci.txt"
    assert recipient() == str(ci.to_public())
    monkeypatch.setenv("WINDLASS_IDENTITY", "nosuch.txt")
    with pytest.raises(UsageError, match=r"^WINDLASS_IDENTITY names 'nosuch.txt', and there is no such file$"):
        begun()


@pytest.mark.parametrize("line", ["{}", "{}  alice", " {} alice", "\ufeff{}"])
@pytest.mark.parametrize("kind", ["age", "ssh"])
def test_a_key_that_is_there_is_known_by_more_than_its_line(home: Path, kind: str, line: str) -> None:
    key = str(new_identity(home).to_public()) if kind == "age" else ssh_key(home, "id_ed25519").rpartition(" ")[0]
    FOLDER.mkdir(parents=True)
    (FOLDER / "recipients.txt").write_text(f"{line.format(key)}\n")
    assert begun()[1:] == ["inventory/secrets/recipients.txt is there already, and your key in it"]


def test_another_key_with_the_same_comment_is_not_the_users(home: Path) -> None:
    FOLDER.mkdir(parents=True)
    (FOLDER / "recipients.txt").write_text(f"{pyrage.x25519.Identity.generate().to_public()} alice\n")
    own = new_identity(home).to_public()
    assert begun()[-1].endswith(f"\n{own}")


@pytest.mark.parametrize("how", WAYS)
def test_an_ssh_key_that_cannot_be_used_is_passed_over(home: Path, how: str) -> None:
    message = spoil(home, how)
    said = begun()
    assert said[0] == f"passed over: {message}"
    assert said[1].startswith(f"your new key is in {home}/.config/windlass/identity.txt: keep a copy")
    assert recipient().startswith("age1")


def test_the_next_ssh_key_is_taken(home: Path) -> None:
    public = ssh_key(home, "id_rsa")
    ssh_key(home, "id_ed25519")
    (home / ".ssh/id_ed25519.pub").unlink()
    own = home / ".ssh/id_ed25519"
    assert begun()[:2] == [
        f"passed over: {own}: there is no public key of ed25519 or RSA beside it\n  ssh-keygen -y -f {own} > {own}.pub",
        f"your key is {home}/.ssh/id_rsa.pub",
    ]
    assert recipient() == public.strip()


@pytest.mark.parametrize("passphrase", ["", "hunter2"])
def test_a_public_key_that_is_anothers(home: Path, passphrase: str) -> None:
    ssh_key(home, "id_ed25519", passphrase)
    own, another = home / ".ssh/id_ed25519", Path("another")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", another], check=True)
    Path(f"{another}.pub").rename(f"{own}.pub")
    assert begun()[0] == f"passed over: {own}: is not the private key of {own}.pub"
    assert recipient().startswith("age1")


def test_a_public_key_that_age_does_not_take(home: Path) -> None:
    own = home / ".ssh/id_rsa"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", own], check=True)
    assert "is too short: age wants RSA keys of 2048 bits or more" in begun()[0]
    assert recipient().startswith("age1")


def test_a_locked_key_is_taken_from_who_knows_its_passphrase(home: Path) -> None:
    public = ssh_key(home, "id_ed25519", "hunter2")
    said = on_a_terminal(BEGIN, answers=["wrong", "hunter2"])
    assert f"your key is {home}/.ssh/id_ed25519.pub" in said
    assert "hunter2" not in said
    assert recipient() == public.strip()
    (FOLDER / "recipients.txt").unlink()
    said = on_a_terminal(BEGIN, answers=["wrong"] * 3)
    assert f"passed over: {home}/.ssh/id_ed25519: is not opened by that passphrase" in said
    assert recipient().startswith("age1")


def test_a_locked_key_where_nobody_can_be_asked(home: Path) -> None:
    ssh_key(home, "id_ed25519", "hunter2")
    done = subprocess.run(
        [sys.executable, "-c", BEGIN], env={"HOME": str(home), "PYTHONPATH": str(ROOT)}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, start_new_session=True, check=True,
    )  # fmt: skip
    assert "passed over: Passphrase of " in done.stdout
    assert recipient().startswith("age1")
