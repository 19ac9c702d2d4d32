"""Key files that open secrets: age's own, and SSH keys; what is wrong with one that cannot."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

from windlass.errors import InventoryError
from windlass.secrets import ssh_key
from windlass.secrets.recipients import NO_PLUGINS, NOT_YET, PLAIN_KEY
from windlass.secrets.shown import shown

if TYPE_CHECKING:
    from pathlib import Path


def private(path: Path) -> bytes:
    """The content of a key file that nobody else can read. Raises InventoryError."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise InventoryError(f"{shown(path)}: is open to others (mode {mode:04o})", hint=f"chmod 600 {shown(path)}")
    try:
        return path.read_bytes()
    except OSError as error:
        raise InventoryError(f"{shown(path)}: {error.strerror}") from None


def identities(path: Path, content: bytes) -> list[Any]:
    """The identities in a key file; none = it needs a passphrase. Raises InventoryError for what is no key."""
    import pyrage

    try:
        if ssh_key.is_ssh_key(content):
            return [pyrage.ssh.Identity.from_buffer(content)]
        if ssh_key.is_locked_pkcs8(content):
            return []
        if ssh_key.is_pkcs8(content):
            return [pyrage.ssh.Identity.from_buffer(ssh_key.unlocked(content, None))]
        lines = content.decode("ascii", "replace").splitlines()
        keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not keys:
            raise InventoryError(f"{shown(path)}: there is no key in it", hint="age-keygen makes one.")
        _refuse_others(path, keys)
        return [pyrage.x25519.Identity.from_str(key) for key in keys]
    except ValueError:
        raise InventoryError(
            f"{shown(path)}: is damaged, or a key of a kind that age does not open with (it takes ed25519 and RSA)"
        ) from None
    except pyrage.IdentityError as error:
        if "decrypted first" in str(error):
            return []
        if "Encrypted" in str(error) or (content.startswith(b"-----BEGIN") and not ssh_key.is_ssh_key(content)):
            raise InventoryError(
                f"{shown(path)}: is in a form that age cannot open",
                hint=f"ssh-keygen -p -f {shown(path)} writes it in one that it can.",
            ) from None
        raise InventoryError(
            f"{shown(path)}: is neither an age identity (AGE-SECRET-KEY-1...) nor an SSH key of ed25519 or RSA"
        ) from None


def _refuse_others(path: Path, keys: list[str]) -> None:
    """Raises InventoryError for identities that are age's, and not the library's that opens files here."""
    for key in keys:
        if key.startswith("AGE-SECRET-KEY-PQ-1"):
            raise InventoryError(f"{shown(path)}: is a post-quantum identity, {NOT_YET}", hint=PLAIN_KEY)
        if key.startswith("AGE-PLUGIN-"):
            raise InventoryError(f"{shown(path)}: is an identity of a plugin of age, {NO_PLUGINS}", hint=PLAIN_KEY)
