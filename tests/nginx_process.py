"""A real nginx with the configuration that our templates make, moved to a folder and to free ports."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windlass.agent.resources import certificate, nginx

if TYPE_CHECKING:
    import pytest

PROGRAM = shutil.which("nginx") or "/usr/sbin/nginx"
# Folders of the configuration that are found below the test's folder; Debian's list of types stays where it is.
MOVED = re.compile(r"(?<![\w.])/(etc/nginx/(?:tls|conf\.d|sites-enabled|modules-enabled)|var/|srv/|run/)")


@dataclass
class Answer:
    """What a visitor gets."""

    status: int
    headers: dict[str, list[str]]  # by lower-case name
    body: bytes

    def one(self, name: str) -> str | None:
        """A header that may come once only; None = it does not come."""
        values = self.headers.get(name, [])
        assert len(values) < 2, f"{name} comes {len(values)} times"
        return values[0] if values else None


@dataclass
class NginxProcess:
    """An nginx below `folder`; `files` are put where they belong by their absolute path on a host."""

    folder: Path
    http_port: int = field(default_factory=lambda: free_port())
    https_port: int = field(default_factory=lambda: free_port())

    def put(self, path: str, content: str) -> Path:
        """Writes a configuration file, moved to this folder and these ports."""
        text = MOVED.sub(lambda match: f"{self.folder}/{match[1]}", content)
        text = re.sub(r"listen (?:\[::\]:)?80\b", f"listen 127.0.0.1:{self.http_port}", text)
        text = re.sub(r"listen (?:\[::\]:)?443\b", f"listen 127.0.0.1:{self.https_port}", text)
        text = re.sub(r"^user .*;$", "user root;" if os.getuid() == 0 else "", text, flags=re.MULTILINE)
        text = re.sub(r"^http {|(?<= )http {", f"http {{ {self._scratch()}", text, flags=re.MULTILINE)
        file = Path(f"{self.folder}{path}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def certificate(self, name: str) -> None:
        """A self-signed certificate in the folder that the configuration names."""
        folder = self.folder / "etc/nginx/tls" / name
        folder.mkdir(parents=True)
        self_signed(folder, [f"{name}.test"])

    def test(self) -> str:
        """What `nginx -t` says; empty = it is content."""
        for name in ("var/log/nginx", "var/lib/nginx", "run", "etc/nginx/conf.d"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        done = subprocess.run([*self._command(), "-t", "-q"], capture_output=True, text=True)
        assert bool(done.stderr) == bool(done.returncode), done.stderr
        return done.stderr

    def start(self) -> None:
        """Starts it; it must accept its configuration."""
        assert self.test() == ""
        argv = ["setpriv", "--pdeathsig", "TERM", *self._command(), "-g", "daemon off;"]
        self._process = subprocess.Popen(argv, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        # The master listens before its workers are there.
        workers = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        while not (workers.read_text() and (_listens(self.http_port) or _listens(self.https_port))):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def stand_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Makes this the nginx that resources of this process see, reloaded by a signal as systemd does it."""
        monkeypatch.setattr(nginx, "TEST", [*self._command(), "-t", "-q"])
        monkeypatch.setattr(nginx, "RELOAD", [*self._command(), "-s", "reload"])
        monkeypatch.setattr(nginx, "PID_FILE", str(self.folder / "run/nginx.pid"))
        monkeypatch.setattr(nginx, "ERROR_LOG", str(self.folder / "var/log/nginx/error.log"))
        monkeypatch.setattr(certificate, "ADDRESS", ("127.0.0.1", self.https_port))

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        self._process.communicate(timeout=60)

    def ask(self, url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """Asks over a connection of its own; `url` has the name to ask for, `_` in names of headers stands for `-`."""
        scheme, _, rest = url.partition("://")
        name, slash, path = rest.partition("/")
        connection: Any = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=60)
        if scheme == "https":
            connection.sock = self.handshake(name)
        sent = {"Host": name, **{header.replace("_", "-"): value for header, value in headers.items()}}
        connection.request(method, slash + path or "/", body, sent)
        answer = connection.getresponse()
        found: dict[str, list[str]] = {}
        for header, value in answer.getheaders():
            found.setdefault(header.lower(), []).append(value)
        content = answer.read()
        connection.close()
        return Answer(answer.status, found, content)

    def handshake(self, name: str | None, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLSocket:
        """A TLS connection to a name (SNI), None = without one; raises ssl.SSLError."""
        context = ssl.create_default_context()
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else it would be this side that refuses what is old
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = newest
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["http/1.1"])
        plain = socket.create_connection(("127.0.0.1", self.https_port), timeout=60)
        return context.wrap_socket(plain, server_hostname=name)

    def _scratch(self) -> str:
        """Directives for folders of its own for what does not fit into memory; Debian's are root's."""
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        return "".join(f"{kind}_temp_path {self.folder}/var/lib/nginx/{kind}; " for kind in kinds)

    def _command(self) -> list[str]:
        # -e: the log until the configuration is read.
        return [PROGRAM, "-e", "stderr", "-p", str(self.folder), "-c", str(self.folder / "etc/nginx/nginx.conf")]


def self_signed(folder: Path, names: list[str], *more: str) -> None:
    """Makes `fullchain.pem` and `privkey.pem`; `more` are further options of `openssl req -x509`."""
    subject = ["-subj", "/CN=test", "-addext", f"subjectAltName={','.join(f'DNS:{name}' for name in names)}"]
    files = ["-keyout", "privkey.pem", "-out", "fullchain.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run([*command, *subject, *files, *more], cwd=folder, check=True, capture_output=True)


def free_port() -> int:
    """A port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
