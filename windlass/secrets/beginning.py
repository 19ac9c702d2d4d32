"""The first step: who can open the secrets of a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from windlass import files
from windlass.errors import UsageError
from windlass.secrets import ssh_key
from windlass.secrets.keyring import SSH_KEYS, identity_file
from windlass.secrets.recipients import NAME, PASSPHRASE
from windlass.secrets.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
# Who can open the files here, one public key a line: age1... (age-keygen), ssh-ed25519 or ssh-rsa.
# After a change: python deploy.py secrets rekey
"""


def begin(folder: Path, *, passphrase: bool) -> Iterator[str]:
    """Writes recipients.txt; says what was done. Raises UsageError when it is there already."""
    path = folder / NAME
    if path.exists():
        raise UsageError(f"{shown(path)} is there already", hint="Add keys to it, then: secrets rekey")
    if passphrase:
        line = PASSPHRASE
        yield "the secrets will be encrypted with a passphrase, which is asked for at every use"
    else:
        line, said = _own_key()
        yield said
    folder.mkdir(parents=True, exist_ok=True)
    files.replace(str(path), f"{_HEAD}{line}\n".encode())
    yield f"{shown(path)} is written; commit it, and then: python deploy.py secrets set NAME"


def _own_key() -> tuple[str, str]:
    """A line for recipients.txt, and what it is: the user's age key, else an SSH key, else a new age key."""
    import pyrage

    path = identity_file()
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("AGE-SECRET-KEY-"):
                return str(pyrage.x25519.Identity.from_str(line.strip()).to_public()), f"your key is that of {path}"
        raise UsageError(f"{path}: there is no age identity in it")
    for name in SSH_KEYS:
        private = Path.home() / ".ssh" / name
        if private.is_file() and (public := ssh_key.public_line(private)):
            return public, f"your key is {private}.pub"
    identity = pyrage.x25519.Identity.generate()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = f"# public key: {identity.to_public()}\n{identity}\n"
    files.replace(str(path), content.encode(), mode=0o600)
    return (
        str(identity.to_public()),
        f"your new key is in {path}: keep a copy of it elsewhere, without it the secrets are lost",
    )
