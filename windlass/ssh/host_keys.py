"""Whether a host is the one it says it is: asked of every host and jump host before anything secret is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.errors import ConnectError
from windlass.ssh.known_hosts import KnownKey, append, lookup, parse_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

RSA_ALGORITHMS = ("rsa-sha2-512", "rsa-sha2-256")


class HostKeys:
    """What is known of one host's keys: by the inventory alone if it has any, else by known_hosts.

    A key that known_hosts revokes is refused in either case.
    """

    def __init__(self, where: str, address: str, port: int, *, alias: str | None = None) -> None:
        self.where = where  # the host, for messages
        self.address = address.lower()
        self.port = port
        self.name = alias or (self.address if port == 22 else f"[{self.address}]:{port}")
        self.revoked: list[KnownKey] = []
        self.known: list[KnownKey] = []
        self.authorities: list[KnownKey] = []
        self.from_inventory = False
        self._plain: list[KnownKey] = []
        self._accept: Callable[[str], None] | None = None
        self._file: Path | None = None

    def load(self, files: list[Path], inventory: str | None) -> None:
        """Read what is known; `inventory` has one key per line, None = no key there."""
        every = lookup(self.name, files)
        every_plain = lookup(self.address, files) if self.name.startswith("[") else []
        self.authorities = [key for key in every + every_plain if key.authority]
        exact, plain = ([key for key in keys if not key.authority] for keys in (every, every_plain))
        self.revoked = [key for key in exact + plain if key.revoked]
        self.known = [key for key in exact if not key.revoked]
        # As with ssh: a key known for the plain name is good on any port, but a different one there proves nothing.
        self._plain = [] if self.known else [key for key in plain if not key.revoked]
        if inventory is not None:
            self.known, self._plain = self._parse(inventory), []
            self.from_inventory = True

    def accept_new(self, say: Callable[[str], None], file: Path | None) -> None:
        """Take an unknown host at its word, write its key into that file, and say so; without a file refuse it."""
        self._accept, self._file = say, file

    @property
    def kinds(self) -> list[str]:
        """Which kinds of keys are known of the host."""
        return [key.kind for key in self.known + self._plain]

    def algorithms(self, ours: Sequence[str]) -> list[str]:
        """Our host key algorithms, those first whose keys we know: else a host with several would show another."""
        preferred = [name for kind in self.kinds for name in (RSA_ALGORITHMS if kind == "ssh-rsa" else (kind,))]
        return list(dict.fromkeys([name for name in preferred if name in ours] + list(ours)))

    def verify(self, shown: KnownKey) -> None:
        """Return when the key the host shows is good, else raise ConnectError."""
        for known in self.revoked:
            if known.blob == shown.blob:
                raise ConnectError(
                    f"{self.where}: its host key {shown} is revoked ({known.where})",
                    hint="Whoever holds that key may not be the host. Give the host a new key.",
                )
        if any(known.blob == shown.blob for known in self.known + self._plain):
            return
        if self.known:
            raise self._changed(shown)
        if self._accept is None:
            raise self._unknown(shown)
        self._write_down(shown)

    def _parse(self, inventory: str) -> list[KnownKey]:
        try:
            lines = inventory.strip().splitlines() or [""]
            return [parse_key(line, "`host_key` in the inventory") for line in lines]
        except ValueError as error:
            raise ConnectError(
                f"{self.where}: `host_key` in the inventory is no public key: {error}",
                hint="It looks like `host_key: ssh-ed25519 AAAA...`, as ssh-keyscan prints it without the host.",
            ) from None

    def _changed(self, shown: KnownKey) -> ConnectError:
        known = next((key for key in self.known if key.kind == shown.kind), self.known[0])
        if self.from_inventory:
            remedy = "correct `host_key` in the inventory"
        else:
            file = known.where.rpartition(":")[0]
            remedy = f"forget the old one: ssh-keygen -R '{self.name}' -f '{file}', and run with --accept-new-host-key"
        return ConnectError(
            f"{self.where}: the host key is not the known one: it shows {shown}, known is {known} ({known.where})",
            hint=f"If the host was reinstalled, {remedy}. If not, somebody may be in between: find out first.",
        )

    def _unknown(self, shown: KnownKey) -> ConnectError:
        kind = shown.kind.removeprefix("ssh-").partition("-")[0]
        said = f"{self.where}: unknown host key {shown}"
        if self.authorities:
            said += f"; {self.authorities[0].where} trusts a certificate authority for it, which cannot be checked here"
        return ConnectError(
            said,
            hint="Compare it with what the host's console says"
            f" (ssh-keygen -lf /etc/ssh/ssh_host_{kind}_key.pub). If it"
            " is the same, run with --accept-new-host-key, or set `host_key` in the inventory"
            f" (ssh-keyscan -t {kind} -p {self.port} {self.address} prints it).",
        )

    def _write_down(self, shown: KnownKey) -> None:
        assert self._accept is not None  # noqa: S101 - for mypy
        file = self._file
        if file is None:
            raise ConnectError(
                f"{self.where}: the new host key {shown} cannot be written down:"
                " ssh_config has `UserKnownHostsFile none`",
                hint="Name a file there, or set `host_key` in the inventory.",
            )
        try:
            append(file, self.name, shown.kind, shown.blob)
        except OSError as error:
            raise ConnectError(
                f"{self.where}: the new host key {shown} cannot be written to {file}: {error.strerror}"
            ) from None
        self._accept(f"{self.where}: accepted the new host key {shown}, now in {file}")
