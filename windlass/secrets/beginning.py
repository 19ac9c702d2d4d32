"""The first step: who can open the secrets of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.agent import files
from windlass.errors import InventoryError, UsageError, WindlassError
from windlass.secrets import age, recipients, ssh_key
from windlass.secrets.identities import identities, private
from windlass.secrets.keyring import Keyring, NoKey, identity_file, named_file, ssh_files
from windlass.secrets.recipients import NAME, PASSPHRASE, Recipients
from windlass.secrets.shown import shown
from windlass.secrets.turn import turn

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

_HEAD = """\
# Who can open the files here, one public key a line: age1... (age-keygen), ssh-ed25519 or ssh-rsa.
# After a change: ./deploy.py secrets rekey
"""


def begin(folder: Path, *, passphrase: bool) -> Iterator[str]:
    """Writes recipients.txt, or tells the line that is missing in one that is there; says what was done.

    Raises UsageError and InventoryError.
    """
    path = folder / NAME
    if path.exists():
        yield from _join(path, passphrase=passphrase)
        return
    if passphrase:
        line = PASSPHRASE
        yield "the secrets will be encrypted with a passphrase, which is asked for at every use"
    else:
        line = yield from _own_line()
    folder.mkdir(parents=True, exist_ok=True)
    files.replace(str(path), f"{_HEAD}{line}\n".encode())
    yield f"{shown(path)} is written; commit it, and then: ./deploy.py secrets set NAME"


def _join(path: Path, *, passphrase: bool) -> Iterator[str]:
    """What a user hears whose project has begun."""
    if passphrase or Recipients.read(path).keys is None:
        raise UsageError(
            f"{shown(path)} is there already",
            hint=f"Change who can open the secrets there (keys, or {PASSPHRASE!r} as the only line), then:"
            " ./deploy.py secrets rekey",
        )
    line = yield from _own_line()
    if _key(line) in map(_key, path.read_text(encoding="utf-8-sig", errors="replace").splitlines()):
        yield f"{shown(path)} is there already, and your key in it"
        return
    yield f"{shown(path)} is there already, without your key. Somebody who can open the secrets adds this line to it"
    yield f"and runs: ./deploy.py secrets rekey\n{line}"


def _key(line: str) -> list[str]:
    """The words of a line that are the key: an SSH key has its type before it, and behind both comes a comment."""
    return line.split()[: 1 if line.lstrip().startswith("age1") else 2]


def _own_line() -> Generator[str, None, str]:
    """A line for recipients.txt: the user's age key, else an SSH key, else a new age key; says which."""
    path = named_file() or identity_file()
    if path.exists():
        line = _line(path)
        yield f"your key is that of {path}"
        return line
    for ssh in ssh_files():
        try:
            line = _line(ssh)
        except WindlassError as error:
            yield f"passed over: {error}"
        else:
            yield f"your key is {ssh}.pub"
            return line
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with turn(path.parent):
        if not path.exists():  # or another project began meanwhile
            _make(path)
    yield f"your new key is in {path}: keep a copy of it elsewhere, without it the secrets are lost"
    return _line(path)


def _line(path: Path) -> str:
    """The line for a key file that is proved to open what is sealed to it. Raises UsageError and InventoryError."""
    content = private(path)
    found = identities(path, content)
    if not (ssh_key.is_ssh_key(content) or ssh_key.is_pkcs8(content)):
        return str(found[0].to_public())
    line = ssh_key.public_line(path)
    if line is None:
        raise InventoryError(
            f"{shown(path)}: there is no public key of ed25519 or RSA beside it",
            hint=f"ssh-keygen -y -f {shown(path)} > {shown(path)}.pub",
        )
    try:
        Keyring(path).open(age.sealed(b"", [recipients.key(line)]), f"{shown(path)}.pub")
    except ValueError as error:
        raise InventoryError(f"{shown(path)}.pub: {error}") from None
    except NoKey:
        raise InventoryError(f"{shown(path)}: is not the private key of {shown(path)}.pub") from None
    return line


def _make(path: Path) -> None:
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    files.replace(str(path), f"# public key: {identity.to_public()}\n{identity}\n".encode(), mode=0o600)
