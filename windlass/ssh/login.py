"""Logging in: which keys are offered to a host, in which order, and what is said when none is taken.

Every wrong key costs 8 ms and one of the host's MaxAuthTries (3 on a hardened one), so what was named comes first:

1. a key file that the inventory (or `fab -i`) names: that one alone. No agent, no default keys: it works or it is
   an error that names the key. Only where the file needs a passphrase, or is but the public key, the agent signs;
2. else the IdentityFiles of ~/.ssh/config (those that need a passphrase wait until the end, unless the agent has them);
3. a password, where one is given: it was named, too, so the next are not tried;
4. the agent's other keys, unless IdentitiesOnly;
5. without any IdentityFile, ~/.ssh/id_ed25519, id_ecdsa, id_rsa.

A key's certificates go before the bare key.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paramiko

from windlass.errors import ConnectError
from windlass.ssh.certificates import Certificate, beside, offered, whole
from windlass.ssh.key_agent import ENVIRONMENT, open_agent
from windlass.ssh.known_hosts import fingerprint
from windlass.ssh.passwords import Password
from windlass.ssh.private_keys import KeyFile, LockedKey, UnusableKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import fabric

    from windlass.ssh.key_agent import NamedAgent
    from windlass.ssh.private_keys import Ask
    from windlass.ssh.transport import Transport

ASK = "With --ask-pass, Windlass asks for the password and gives it."
NOT_WITH_A_KEY = (
    "Where it takes a password: --ask-pass gives one to hosts for which the inventory names no key; take"
    " `ansible_ssh_private_key_file` away from this one, or give it a password of its own (`ansible_password`)."
)
SECOND_FACTOR = "What else it asks for cannot be given here: log in by a key, or as a user who needs no second factor."
ANOTHER_KEY = "Name another key: `ansible_ssh_private_key_file` in the inventory."
DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")


class Login:
    """One attempt to log in; `where` is the host, for messages, `ask` asks for passphrases.

    `jump`: it is to a jump host, which is given no password.
    """

    def __init__(self, connection: fabric.Connection, where: str, ask: Ask, *, jump: bool) -> None:
        self._where = where
        self._ask = ask
        self._user: str = connection.user
        settings = connection.connect_kwargs
        named = [_path(name) for name in connection.ssh_config.get("identityfile", []) if name != "none"]
        self._explicit = [path for name in _listed(settings.get("key_filename")) if (path := _path(name)) not in named]
        self._files = [KeyFile(path) for path in self._explicit or named]
        self._password: str | None = settings.get("password")  # from --ask-pass, or fab --prompt-for-login-password
        self._may_ask = self._password is None and not jump
        only = connection.ssh_config.get("identitiesonly") == "yes"
        self._only_named = bool(self._explicit) or self._password is not None or only
        self._identity_agent: str = connection.ssh_config.get("identityagent", ENVIRONMENT)
        self._agent: paramiko.Agent | NamedAgent | None = None
        self._offered: dict[bytes, str] = {}
        self._unusable: list[str] = []
        self._verdict = ""
        self._advice = ""
        certificate = connection.ssh_config.get("certificatefile", "none")
        self._certificates = [] if certificate == "none" else self._readable([_path(certificate.replace("%d", "~"))])
        self._check_explicit()

    def authenticate(self, transport: Transport) -> None:
        """Log in over a transport whose host is verified, or raise ConnectError."""
        try:
            any(self._settles(transport, transport.auth_publickey, key) for key in self._keys())
            if self._password is not None and not transport.is_authenticated():
                self._offered[b""] = "a password"
                given = Password(self._password)
                self._settles(transport, lambda user, _: given.log_in(transport, user), None)
                if given.asked_for_more and not self._verdict:
                    self._verdict = f"; the host also asks: {given.asked_for_more}"
                    self._advice = SECOND_FACTOR
            if not transport.is_authenticated():
                raise self._refused(transport)
        finally:
            if self._agent is not None:
                self._agent.close()

    def _settles(self, transport: Transport, method: Callable[[str, Any], list[str]], secret: object) -> bool:
        """Offer one key or password; True = it makes no sense to offer another."""
        try:
            missing = method(self._user, secret)
            if missing:
                self._verdict = f"; that was taken, but the host also wants {' and '.join(missing)}"
                self._advise_password(missing)
        except paramiko.BadAuthenticationType as error:
            self._verdict = f"; the host takes only {' or '.join(error.allowed_types)}"
            self._advise_password(error.allowed_types)
        except (paramiko.SSHException, OSError, EOFError) as error:
            if "timeout" in str(error):
                self._verdict = f"; to the last one the host did not answer within {transport.auth_timeout:g} s"
                self._advice = "Is the host overloaded, or does its sshd wait for DNS or a directory of users?"
            elif isinstance(error, paramiko.SSHException) and not str(error).startswith("Authentication failed"):
                # For example an agent that will not sign; in paramiko it costs the connection.
                self._verdict = f"; the last one cannot be used: {error}"
                self._advice = ANOTHER_KEY
        return transport.is_authenticated() or not transport.is_active() or self._verdict != ""

    def _advise_password(self, wanted: list[str]) -> None:
        if self._may_ask and {"password", "keyboard-interactive"} & set(wanted):
            self._advice = NOT_WITH_A_KEY if self._explicit else ASK

    def _check_explicit(self) -> None:
        """Refuse a bad key file before anything goes over the network."""
        for file in self._files if self._explicit else []:
            try:
                file.load()
            except UnusableKey as error:
                # With its public part known, the agent may have it; locked, its passphrase is asked for.
                if file.blob is None and not isinstance(error, LockedKey):
                    self._cannot_use(file, error)

    def _keys(self) -> Iterator[paramiko.PKey]:
        """The keys to offer, each once, in order; asks for a passphrase only when nothing else is left."""
        locked: list[KeyFile] = []
        yield from self._from_files(self._files, locked)
        if not self._only_named:
            yield from self._offer_agent()
        if not self._files and not self._only_named:
            home = Path.home() / ".ssh"
            defaults = [KeyFile(home / name) for name in DEFAULT_KEYS if (home / name).is_file()]
            yield from self._from_files(defaults, locked)
        for file in locked if self._password is None or self._explicit else []:
            try:
                yield from self._once(file.unlock(self._ask), str(file.path), file.path)
            except UnusableKey as error:
                self._cannot_use(file, error)

    def _from_files(self, files: list[KeyFile], locked: list[KeyFile]) -> Iterator[paramiko.PKey]:
        for file in files:
            try:
                yield from self._once(file.load(), str(file.path), file.path)
            except UnusableKey as error:
                if in_agent := [key for key in self._agent_keys() if key.blob == file.blob]:
                    yield from self._once(in_agent[0], f"{file.path} (by the agent)", file.path)
                elif isinstance(error, LockedKey):
                    locked.append(file)
                else:
                    self._cannot_use(file, error)

    def _offer_agent(self) -> Iterator[paramiko.PKey]:
        for key in self._agent_keys():
            yield from self._once(key, f"the agent's {key.comment or key.get_name()}")

    def _agent_keys(self) -> tuple[paramiko.AgentKey, ...]:
        if self._agent is None and self._identity_agent != "none":
            try:
                self._agent = open_agent(self._identity_agent)
            except (paramiko.SSHException, OSError) as error:
                self._identity_agent = "none"
                self._unusable.append(f"the agent ({error})")
        return tuple(map(whole, self._agent.get_keys())) if self._agent else ()

    def _once(self, key: paramiko.PKey, label: str, path: Path | None = None) -> Iterator[paramiko.PKey]:
        """A key with each of its certificates, then the bare key; what was offered before is left out."""
        for certificate in [*self._certificates, *self._readable(beside(path) if path else [])]:
            if not certificate.certifies(key):
                continue
            if since := certificate.expired(key):
                self._unusable.append(f"{certificate.path} (expired {since})")
            else:
                yield from self._unless_offered(certificate.of(key), str(certificate.path))
        yield from self._unless_offered(key, label)

    def _unless_offered(self, key: paramiko.PKey, label: str) -> Iterator[paramiko.PKey]:
        blob = offered(key)
        if blob not in self._offered:
            self._offered[blob] = f"{label} {fingerprint(key.asbytes())}"
            yield key

    def _readable(self, files: list[Path]) -> list[Certificate]:
        certificates = [Certificate(file) for file in files]
        self._unusable += [f"{one.path} ({one.fault})" for one in certificates if one.fault]
        return certificates

    def _cannot_use(self, file: KeyFile, error: UnusableKey) -> None:
        if file.path in self._explicit:
            hint = error.hint or ANOTHER_KEY
            raise ConnectError(f"{self._where}: the key file {file.path} {error}", hint=hint) from None
        self._unusable.append(f"{file.path} ({error})")

    def _refused(self, transport: Transport) -> ConnectError:
        said = f"login refused; offered: {', '.join(self._offered.values()) or 'nothing'}"
        if self._unusable:
            said += f"; not usable: {', '.join(self._unusable)}"
        if self._agent is not None and not self._agent.get_keys():
            said += "; the agent has no keys" if ENVIRONMENT in os.environ else "; no agent"
        said += self._verdict
        if not transport.is_active() and not self._verdict:
            said += f"; the host hung up: {transport.farewell or 'it gave no reason'}"
            hint = "Name one key: `ansible_ssh_private_key_file` in the inventory, or IdentityFile in ~/.ssh/config."
        else:
            hint = self._advice or self._guess(transport)
        return ConnectError(f"{self._where}: {said}", hint=hint)

    def _guess(self, transport: Transport) -> str:
        """What may help where the host does not say what is wrong."""
        if b"" in self._offered and not self._verdict:
            return (
                f"Is it the password of {self._user} there? It was tried once, so that no account is locked."
                " After three wrong ones, even the right one may be refused for a quarter of an hour."
            )
        if not self._verdict:
            self._ask_what_it_takes(transport)
        hint = (
            f"Put your public key into the authorized_keys of {self._user} there (ssh-copy-id), or set"
            " `ansible_user` or `ansible_ssh_private_key_file` in the inventory."
        )
        return f"{hint} {self._advice}".rstrip()

    def _ask_what_it_takes(self, transport: Transport) -> None:
        """Offers nothing, to which a host says what it takes (RFC 4252, 5.2); paramiko keeps that of a refused key."""
        try:
            transport.auth_none(self._user)
        except paramiko.BadAuthenticationType as error:
            self._advise_password(error.allowed_types)
        except (paramiko.SSHException, OSError, EOFError):
            pass  # it has hung up


def _path(name: str) -> Path:
    return Path(name).expanduser()


def _listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])
