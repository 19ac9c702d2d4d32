"""What this user opens secrets with: an age identity, SSH keys, or a passphrase; each is asked for at most once."""

from __future__ import annotations

import getpass
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from windlass.errors import InventoryError, UsageError
from windlass.secrets import age, ssh_key
from windlass.secrets.identities import identities, private
from windlass.secrets.shown import shown

if TYPE_CHECKING:
    from windlass.secrets.recipients import Recipients

VARIABLE = "WINDLASS_IDENTITY"  # names the one identity file to use, for CI
QUESTIONS = 3  # how often a passphrase is asked for
SSH_KEYS = ("id_ed25519", "id_rsa")


def config_folder() -> Path:
    """Where this user's own files of Windlass lie."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "windlass"


def identity_file() -> Path:
    """Where this user's age identity lies, if there is one."""
    return config_folder() / "identity.txt"


def named_file() -> Path | None:
    """The one identity file that the environment tells to use; None = it tells nothing. Raises UsageError."""
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    path = Path(named).expanduser()
    if not path.is_file():
        raise UsageError(f"{VARIABLE} names {named!r}, and there is no such file")
    return path


def ssh_files() -> list[Path]:
    """Where this user's SSH keys lie, as far as there are any."""
    return [path for name in SSH_KEYS if (path := Path.home() / ".ssh" / name).is_file()]


class NoKey(InventoryError):
    """None of the user's keys opens a file."""


class Keyring:
    """Opens and seals; nothing is read or asked before it is needed.

    `only` is the one key file to use; None = the one that the environment names, else all of the user's.
    """

    def __init__(self, only: Path | None = None) -> None:
        self._only = only
        self._unusable: list[str] = []
        self._passphrase: str | None = None
        self._unlocked: dict[Path, object] = {}

    def open(self, sealed: bytes, name: str) -> bytes:
        """The content of a file, which messages call `name`. Raises InventoryError."""
        try:
            stanzas = age.stanzas(sealed)
            if any(words[:1] == ["scrypt"] for words in stanzas):
                return self._open_with_passphrase(sealed, name)
            return self._open_with_keys(sealed, name, {words[1] for words in stanzas if len(words) > 1})
        except age.Damaged as error:
            hint = f"Bring back the last good one: git checkout -- {name}"
            if "conflict" in str(error):
                hint = (
                    f"Take one side whole (git checkout --ours {name}, or --theirs), then set again what the other"
                    " side has changed (git show OTHER_BRANCH:FILE | age -d)."
                )
            raise InventoryError(f"{name}: the file {error}", hint=hint) from None

    def seal(self, content: bytes, recipients: Recipients) -> bytes:
        """The content for the recipients; asks for a passphrase where nothing has been opened with one yet."""
        if recipients.keys is not None:
            return age.sealed(content, recipients.keys)
        if self._passphrase is None:
            self._passphrase = new_passphrase()
        return age.sealed_with(content, self._passphrase)

    @property
    def has_passphrase(self) -> bool:
        """Whether something has been opened or sealed with a passphrase, so that sealing asks for none."""
        return self._passphrase is not None

    def forget_passphrase(self) -> None:
        """The next file is sealed with a new passphrase."""
        self._passphrase = None

    def _open_with_passphrase(self, sealed: bytes, name: str) -> bytes:
        known = self._passphrase
        for _ in range(QUESTIONS):
            passphrase = known if known is not None else ask(f"Passphrase of {name}: ")
            known = None
            try:
                content = age.opened_with(sealed, passphrase)
            except age.NoMatch:
                continue
            self._passphrase = passphrase
            return content
        raise InventoryError(f"{name}: is not opened by that passphrase")

    def _open_with_keys(self, sealed: bytes, name: str, tags: set[str]) -> bytes:
        try:
            return age.opened(sealed, [identity for path, identity in self._ready])
        except age.NoMatch:
            pass
        for path, content in self._locked.items():
            if ssh_key.may_fit(path, content, tags):
                return age.opened(sealed, [self._unlock(path, content)])
        tried = [shown(path) for path in (*dict.fromkeys(path for path, _ in self._ready), *self._locked)]
        raise NoKey(
            "\n".join(
                [
                    f"{name}: none of your keys opens it; tried: {', '.join(tried) or 'nothing, there is none'}",
                    *self._unusable,
                ]
            ),
            hint="Somebody who can open it adds your public key (secrets init tells it) to"
            " inventory/secrets/recipients.txt and runs: ./deploy.py secrets rekey."
            f" Another key of yours: {VARIABLE}=FILE",
        )

    @cached_property
    def _files(self) -> dict[Path, bytes]:
        """The key files that there are; what is wrong with SSH keys, which others need, does no harm here."""
        if only := self._only or named_file():
            return {only: private(only)}
        own = identity_file()
        found = {own: private(own)} if own.is_file() else {}
        for path in ssh_files():
            try:
                content = private(path)
                identities(path, content)
            except InventoryError as error:
                self._unusable.append(str(error))
            else:
                found[path] = content
        return found

    @cached_property
    def _locked(self) -> dict[Path, bytes]:
        return {path: content for path, content in self._files.items() if not identities(path, content)}

    @cached_property
    def _ready(self) -> list[tuple[Path, object]]:
        """The identities that need no passphrase, each with its file."""
        files = self._files.items()
        return [(path, identity) for path, content in files for identity in identities(path, content)]

    def _unlock(self, path: Path, content: bytes) -> object:
        import pyrage

        if path not in self._unlocked:
            for _ in range(QUESTIONS):
                try:
                    plain = ssh_key.unlocked(content, ask(f"Passphrase of {shown(path)}: "))
                except ValueError:
                    continue
                self._unlocked[path] = pyrage.ssh.Identity.from_buffer(plain)
                break
            else:
                raise InventoryError(f"{shown(path)}: is not opened by that passphrase")
        return self._unlocked[path]


def ask(question: str) -> str:
    """A passphrase from the terminal. Raises UsageError where there is none."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        raise UsageError(
            f"{question.removesuffix(': ')} is needed, and there is no terminal to ask on",
            hint=f"Without one, use a key that has no passphrase: {VARIABLE}=FILE",
        ) from None
    return getpass.getpass(question)


def new_passphrase() -> str:
    """A passphrase from the terminal, asked twice. Raises UsageError when the answers differ or are empty."""
    passphrase = ask("New passphrase of the secrets: ")
    if not passphrase:
        raise UsageError("an empty passphrase would protect nothing")
    if ask("Once more: ") != passphrase:
        raise UsageError("the two passphrases differ")
    return passphrase
