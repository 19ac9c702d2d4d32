"""A real sshd of one's own, on a free port of 127.0.0.1, and broken things that stand where one should be."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from windlass.host import Connect, Host
from windlass.settings import Settings
from windlass.ssh.options import ConnectOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import paramiko

ME = getpass.getuser()


def find_sshd() -> str:
    """The path of sshd, which wants to be called by an absolute one."""
    path = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    assert path, "these tests drive a real sshd: install openssh-server"
    return path


def wait_until(make: Callable[[], socket.socket], address: str | tuple[str, int]) -> None:
    """Return when something listens there; AssertionError after a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), make() as wire:
            wire.connect(address)
            return
        time.sleep(0.02)
    raise AssertionError(f"nothing listens at {address}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    """A new key pair at `path` and `path`.pub."""
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", path.name, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def public(path: Path) -> str:
    """The public key without its comment: `ssh-ed25519 AAAA...`."""
    return " ".join(Path(f"{path}.pub").read_text().split()[:2])


def fingerprint(path: Path) -> str:
    """`SHA256:...`, as ssh-keygen computes it."""
    shown = subprocess.run(["ssh-keygen", "-lf", f"{path}.pub"], check=True, capture_output=True, text=True)
    return shown.stdout.split()[1]


class Sshd:
    """A running sshd that lets in whoever has the key `key`; `host_keys` by kind."""

    def __init__(self, folder: Path, *settings: str, kinds: tuple[str, ...] = ("ed25519",), port: int | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = port or free_port()
        self.key = make_key(folder / "user_key")
        self.host_keys = {kind: make_key(folder / f"host_{kind}", kind) for kind in kinds}
        self.known_hosts = folder / "known_hosts"
        self.known_hosts.write_text("".join(f"{self.name} {public(key)}\n" for key in self.host_keys.values()))
        authorized = folder / "authorized_keys"
        authorized.write_text(f"{public(self.key)}\n")
        lines = [
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            *(f"HostKey {key}" for key in self.host_keys.values()),
            f"AuthorizedKeysFile {authorized}",
            "StrictModes no",
            "PidFile none",
            "UsePAM no",
            "MaxStartups 100",
            "LogLevel DEBUG",
            *settings,
        ]
        self._config = folder / "sshd_config"
        self._config.write_text("\n".join(lines) + "\n")
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        # Newer ones shut out an address after some failed logins.
        tolerant = [find_sshd(), "-t", "-f", str(self._config), "-o", "PerSourcePenalties=no"]
        if subprocess.run(tolerant, capture_output=True, check=False).returncode == 0:
            self._config.write_text(self._config.read_text() + "PerSourcePenalties no\n")

    @property
    def name(self) -> str:
        return f"[127.0.0.1]:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def __enter__(self) -> Self:
        command = [
            "setpriv",
            "--pdeathsig",
            "TERM",
            find_sshd(),
            "-D",
            "-f",
            str(self._config),
            "-E",
            str(self.folder / "log"),
        ]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            wait_until(socket.socket, ("127.0.0.1", self.port))
        except AssertionError:
            raise AssertionError(f"sshd does not start: {self.log}") from None
        return self

    def __exit__(self, *exc: object) -> None:
        self.process.terminate()
        self.process.wait(60)


def host(port: int, *, key: Path | None = None, **connect: object) -> Host:
    """An inventory host `web1` that is reached at 127.0.0.1:port as the user who runs the tests."""
    wanted = Connect(**{"address": "127.0.0.1", "port": port, "user": ME, "key_file": key, **connect})  # type: ignore[arg-type]
    return Host(name="web1", groups=[], connect=wanted, settings=Settings(), variables={})


def options(*servers: Sshd, **more: object) -> ConnectOptions:
    """One attempt, and the host keys of these servers."""
    return ConnectOptions(**{"attempts": 1, "known_hosts": [one.known_hosts for one in servers], **more})  # type: ignore[arg-type]


def output(channel: paramiko.Channel) -> str:
    """All that a command writes, after it has ended well."""
    text = channel.makefile("rb").read().decode()
    assert channel.recv_exit_status() == 0
    return text


@contextlib.contextmanager
def listening(answer: Callable[[socket.socket], None], path: Path | None = None) -> Iterator[int]:
    """A port, or a path, that gives every connection to `answer`, in a thread, and closes it after."""
    with socket.socket(socket.AF_UNIX) if path else socket.create_server(("127.0.0.1", 0)) as server:
        if path:
            server.bind(str(path))
            server.listen()

        def serve() -> None:
            while True:
                try:
                    wire, _ = server.accept()
                except OSError:
                    return
                with wire, contextlib.suppress(OSError):
                    answer(wire)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield 0 if path else server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(60)


class Relay:
    """A TCP proxy in front of a port; frozen, it is a cut cable: nothing passes, nothing is closed."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open = threading.Event()
        self._open.set()
        self._wires: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        self._open.clear()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._wires += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := source.recv(65536):
                self._open.wait()
                sink.sendall(content)
            sink.shutdown(socket.SHUT_WR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._open.set()
        for wire in self._wires:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            wire.close()


@contextlib.contextmanager
def agent(folder: Path, *keys: Path) -> Iterator[str]:
    """A real ssh-agent with these keys; gives its socket."""
    path = folder / "agent.sock"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: socket.socket(socket.AF_UNIX), str(path))
        for key in keys:
            environment = {**os.environ, "SSH_AUTH_SOCK": str(path)}
            subprocess.run(["ssh-add", "-q", key], env=environment, check=True, stdin=subprocess.DEVNULL)
        yield str(path)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
