"""A lab host: a container that behaves as a rented server does."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from windlass.errors import LabError
from windlass.lab import seed
from windlass.lab.engine import EngineError
from windlass.lab.place import places

if TYPE_CHECKING:
    from collections.abc import Container

    from windlass.lab.engine import Engine

# Why each is there: lab.md, measured. Never SYS_TIME: a lab host would set this machine's clock.
CAPABILITIES = [
    *("SYS_ADMIN", "NET_ADMIN", "NET_RAW", "MKNOD", "AUDIT_WRITE"),
    *("SYS_PTRACE", "SYS_NICE", "LINUX_IMMUTABLE", "SYS_BOOT", "SYSLOG"),
]
OPTIONS = [
    "--cgroupns=private",
    *(f"--cap-add={capability}" for capability in CAPABILITIES),
    "--security-opt=apparmor=unconfined",
    "--security-opt=label=disable",
    "--stop-signal=SIGRTMIN+3",
    "--restart=always",
]
BOOT_SECONDS = 120
# How engines say that a port of this machine is not to be had; the next place may do.
PORT_REFUSED = re.compile(
    r"address already in use|port is already allocated|privileged port|permission denied", re.IGNORECASE
)


@dataclass
class LabHost:
    """One host: `address` and ports are this machine's loopback, `inner_address` is what other hosts see.

    `host_key` is the public one, "ssh-ed25519 AAAA...".
    """

    name: str
    image: str
    container: str
    inner_address: str
    host_key: str
    engine: Engine = field(repr=False, compare=False)
    address: str = ""
    ssh_port: int = 0
    http_port: int = 0
    https_port: int = 0

    @property
    def page(self) -> str:
        """The sample app's domain on it, as in inventory/group_vars/lab.yml."""
        return f"shortener.{self.name}.test"

    def run(self, command: str, *, timeout: float = 60) -> str:
        """Run a shell command as root through the engine, return its stdout; raises LabError with its stderr."""
        try:
            return self.engine.run("exec", self.container, "sh", "-c", command, timeout=timeout)
        except EngineError as error:
            raise LabError(f"{self.name}: {command!r} failed: {error.output or error}") from None

    def boot_id(self) -> str:
        """What differs after each boot."""
        return self.run("cat /proc/sys/kernel/random/boot_id").strip()

    def reboot(self) -> None:
        """Reboot in good order, and wait until the host is up again."""
        before = self.boot_id()
        self.engine.succeeds("exec", self.container, "systemctl", "reboot")
        self.wait(booted_after=before)

    def kill(self) -> None:
        """Cut the power, as far as a container can: no process gets a word in. `start` brings it back."""
        self.engine.run("kill", "--signal=KILL", self.container)

    def start(self) -> None:
        """Bring a stopped or killed host up, and wait for it."""
        self.engine.run("start", self.container)
        self.wait()

    def stop(self) -> None:
        """Shut down in good order; the host stays down."""
        self.engine.run("stop", "--time=10", self.container)

    def pause(self) -> None:
        """Freeze the host: its connections hang."""
        self.engine.run("pause", self.container)

    def unpause(self) -> None:
        """Let a frozen host go on."""
        self.engine.run("unpause", self.container)

    def wait(self, *, booted_after: str | None = None, seconds: float = BOOT_SECONDS) -> None:
        """Wait until systemd has finished starting and sshd answers; `booted_after` is the boot id before.

        A host on which a unit failed is up as well: what failed is for the caller to judge.
        """
        deadline = time.monotonic() + seconds
        state = "no answer"
        while time.monotonic() < deadline:
            # sshd's greeting is cheap to ask for; each exec of an engine costs the machine 0.2 s of CPU.
            if self._greets():
                boot_id, state = self._state()
                if boot_id != booted_after and state in ("running", "degraded"):
                    return
            time.sleep(0.05)
        raise LabError(
            f"{self.name} did not come up within {seconds:g} s (systemd says: {state})",
            hint=f"look at: {self.engine.name} logs {self.container}",
        )

    def _state(self) -> tuple[str, str]:
        """The boot id and what systemd says of itself when it has finished starting."""
        try:
            ask = "cat /proc/sys/kernel/random/boot_id; systemctl is-system-running --wait || true"
            boot_id, state = self.run(ask, timeout=BOOT_SECONDS).split()
        except (LabError, ValueError):
            return "", "no answer"
        return boot_id, state

    def _greets(self) -> bool:
        try:
            with socket.create_connection((self.address, self.ssh_port), timeout=2) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False


def create_host(host: LabHost, tag: str, options: list[str], content: bytes, taken: Container[str]) -> LabHost:
    """Create and start the container of `host` at the first place on the loopback that can be had.

    `options` are the engine's for network and labels, `content` is the seed, `taken` are others' addresses.
    """
    refusal: EngineError | None = None
    by_daemon = host.engine.name == "docker"
    for address, ports in places(sum(host.container.encode()), taken, by_daemon=by_daemon):
        publish = [f"--publish={address}:{outer}:{inner}" for inner, outer in ports.items()]
        name = ["--name", host.container, "--hostname", host.name]
        try:
            host.engine.run("create", *name, *options, *OPTIONS, *publish, f"--entrypoint={seed.INIT}", tag)
            host.engine.run("cp", "-", f"{host.container}:/", stdin=content)
            host.engine.run("start", host.container)
        except EngineError as error:
            host.engine.succeeds("rm", "--force", host.container)
            if not PORT_REFUSED.search(error.output):
                raise
            refusal = error
        else:
            return replace(host, address=address, ssh_port=ports[22], http_port=ports[80], https_port=ports[443])
    raise LabError(
        f"no place on the loopback for lab host {host.name}: {refusal}", hint="look at: ss --listening --tcp"
    )
