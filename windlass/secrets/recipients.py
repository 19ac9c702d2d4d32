"""Who can open a project's secrets: public keys, one a line, or the one word `passphrase`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.errors import InventoryError
from windlass.secrets.shown import shown

if TYPE_CHECKING:
    from pathlib import Path

NAME = "recipients.txt"
PASSPHRASE = "passphrase"  # noqa: S105 - the word, not one
NOT_YET = "which age 1.3 has, and the library that Windlass seals and opens with has not yet"
NO_PLUGINS = "which Windlass does not run"
PLAIN_KEY = (
    "`age-keygen` without options makes a key that it takes (age1...), and so does an SSH key of ed25519 or RSA."
)
_KINDS = "an age key (age1...) or an SSH public key (ssh-ed25519 or ssh-rsa)"


@dataclass(frozen=True)
class Recipients:
    """The keys to seal to, as pyrage has them; None = whoever knows the passphrase."""

    keys: list[object] | None

    @classmethod
    def read(cls, path: Path) -> Recipients:
        """Those of a recipients.txt. Raises InventoryError with all that is wrong in it."""
        try:
            text = path.read_text(encoding="utf-8-sig", errors="replace")
        except FileNotFoundError:
            raise InventoryError(
                f"{shown(path)}: does not exist, so nobody could open a secret",
                hint="./deploy.py secrets init",
            ) from None
        except OSError as error:
            raise InventoryError(f"{shown(path)}: cannot be read: {error.strerror}") from None
        lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
        lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
        if [line for _, line in lines] == [PASSPHRASE]:
            return cls(None)
        keys, faults = [], []
        for number, line in lines:
            try:
                keys.append(key(line))
            except ValueError as error:
                faults.append(f"{shown(path)}:{number}: {error}")
        if not lines:
            faults.append(f"{shown(path)}: lists no key, so nobody could open a secret; add {_KINDS}")
        if faults:
            raise InventoryError("\n".join(faults))
        return cls(keys)


def key(line: str) -> object:
    """The key that a line means. Raises ValueError; a private key is not shown."""
    import pyrage

    kind = line.split()[0]
    if kind.upper().startswith("AGE-SECRET-KEY-") or "PRIVATE KEY" in line:
        raise ValueError(
            "this is a private key, and the file is committed: remove it, and make a new one"
            " (whoever has seen this one opens everything)"
        )
    if kind == PASSPHRASE:
        raise ValueError(f"the word {PASSPHRASE!r} stands alone: age seals to keys or with a passphrase, not to both")
    if kind.startswith("age1pq1"):
        raise ValueError(f"{_short(line)!r} is a post-quantum key, {NOT_YET}. {PLAIN_KEY}")
    if plugin := re.match(r"age1([a-z0-9-]+)1", kind):
        raise ValueError(f"{_short(line)!r} is a key of the plugin age-plugin-{plugin[1]}, {NO_PLUGINS}. {PLAIN_KEY}")
    try:
        if kind.startswith("age1"):
            return pyrage.x25519.Recipient.from_str(kind)
        if kind in ("ssh-ed25519", "ssh-rsa"):
            return pyrage.ssh.Recipient.from_str(line)
    except pyrage.RecipientError as error:
        if "TooSmall" in str(error):
            raise ValueError(f"{_short(line)!r} is too short: age wants RSA keys of 2048 bits or more") from None
        raise ValueError(f"{_short(line)!r} is no whole {'age' if kind.startswith('age1') else kind} key") from None
    if kind.startswith(("ecdsa-", "sk-")):
        raise ValueError(f"age cannot seal to an SSH key of the type {kind}; it takes ssh-ed25519 and ssh-rsa")
    raise ValueError(f"{_short(line)!r} is not {_KINDS}")


def _short(line: str) -> str:
    return line if len(line) <= 40 else f"{line[:40]}..."
