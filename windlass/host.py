"""A host as the control side knows it: how to reach it, what it shall be, and what it said it is."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from windlass.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from windlass.agent.messages.documents import HostFacts
    from windlass.settings import Settings
    from windlass.settings.secret import Secret

ADD_APP = "add one to the inventory: ./deploy.py settings apps"


@dataclass(slots=True)
class Connect:
    """How to reach a host; None means that the inventory does not say and ssh_config or the default decides."""

    address: str
    port: int | None = None
    user: str | None = None
    key_file: Path | None = None  # absolute, ~ expanded
    password: str | None = field(default=None, repr=False)
    proxy_jump: str | None = None
    become: bool = True  # sudo, where the login user is not root
    become_password: str | None = field(default=None, repr=False)
    python: str = "python3"
    host_key: str | None = None  # "ssh-ed25519 AAAA..."

    @property
    def wants_password(self) -> bool:
        """Whether the inventory says nothing of how to prove who logs in."""
        return self.password is None and self.key_file is None

    @property
    def wants_become_password(self) -> bool:
        """Whether sudo may ask for a password that the inventory does not have."""
        return self.become and self.user != "root" and self.become_password is None


@dataclass
class Facts:
    """What the agent's HELLO tells of the host; `memory` in bytes."""

    os: str
    os_version: str
    codename: str
    arch: str
    python: str
    cpus: int
    memory: int
    addresses: list[str]
    ipv6: bool  # whether the kernel has it, with an address or without
    hostname: str
    systemd: bool
    kernel: str
    ssh_port: int | None = None  # of the host's own, that this run came in by; None = it does not say
    pythons: list[str] = field(default_factory=list)  # others than `python` that can be called by name, e.g. 3.12
    ssh_ports: list[int] = field(default_factory=list)  # all that sshd is seen to listen on
    name_servers: list[str] = field(default_factory=list)  # that it asks, by address
    sudo_rs: bool = False  # whether `sudo` is sudo-rs, which knows few of the other one's settings

    @classmethod
    def from_hello(cls, hello: HostFacts) -> Facts:
        """Facts from those of a HELLO."""
        values: dict[str, Any] = {name: value for name, value in hello.items() if name != "uid"}
        return cls(**values)


def _no_secrets(app: str) -> dict[str, Secret]:
    return {}


def _not_from_vault(app: str, variable: str) -> bool:
    return False


@dataclass(frozen=True)
class Login:
    """How this run has logged in to a host, and the kinds of host keys that it is known by, e.g. `ssh-ed25519`."""

    user: str
    by_password: bool
    known_by: frozenset[str] = frozenset()


@dataclass(slots=True)
class Host:
    """One host of a run; `variables` are its merged inventory variables, rendered when read.

    `secrets` opens and gives those of inventory/secrets that an app, named, has on it; `from_vault` says of an app and
    a variable of its `env` whether the value is from Ansible's vault, `sealed_texts` gives all texts of its variables
    that are.
    """

    name: str
    groups: list[str]
    connect: Connect
    settings: Settings
    variables: Mapping[str, Any] = field(repr=False)
    facts: Facts | None = None  # None until HELLO
    secrets: Callable[[str], Mapping[str, Secret]] = field(default=_no_secrets, repr=False)
    login: Login | None = None  # None until HELLO
    from_vault: Callable[[str, str], bool] = field(default=_not_from_vault, repr=False)
    sealed_texts: Callable[[], Collection[str]] = field(default=tuple, repr=False)

    def app_names(self, name: str | None = None) -> list[str]:
        """Its apps; with `name`, that one alone. Raises UsageError with the nearest when there is no such app."""
        known = self.settings.apps
        if name is None:
            return list(known)
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            there = f"there are: {', '.join(known)}" if known else ADD_APP
            hint = f"did you mean {near[0]!r}?" if near else there
            raise UsageError(f"there is no app {name!r} on {self.name}", hint=hint)
        return [name]
