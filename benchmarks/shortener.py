"""Redirects per second of the sample app through nginx and TLS, per worker model; beside bare Gunicorn and a tutorial.

All of it runs inside the lab host, the load (h2load, one thread) too, so the figures compare set-ups on one machine and
say little about another. Each visitor keeps a connection. Then half of that many are asked for evenly, and the slowest
1 % of the answers timed.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import yaml

from windlass.lab import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from benchmarks.world import World

VISITORS = 16
SECONDS = 4
ROUNDS = 3
APP = "shortener"
URL = "https://shortener.lab.test/bench"
# (worker class, workers, threads, max_requests)
MODELS = [
    ("sync", 2, 1, 0),
    ("sync", 3, 1, 0),
    ("sync", 5, 1, 0),
    ("gthread", 1, 4, 0),
    ("gthread", 2, 4, 0),
    ("gthread", 3, 4, 0),
    ("gthread", 3, 4, 1000),
    ("gthread", 3, 16, 0),
    ("gthread", 5, 4, 0),
]
ADD_LINK = """
import sqlite3
database = sqlite3.connect("/var/lib/shortener/shortener.db")
database.execute("INSERT OR IGNORE INTO link (code, target) VALUES ('bench', 'https://www.example.com/')")
database.commit()
"""
# What tutorials end with: nginx as Debian installs it, with TLS and a proxy_pass.
TUTORIAL_NGINX = """
user www-data; worker_processes auto; pid /run/tutorial.pid;
events { worker_connections 768; }
http {
    sendfile on; tcp_nopush on; include /etc/nginx/mime.types; default_type application/octet-stream;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers on;
    access_log /var/log/nginx/tutorial.log; gzip on;
    server {
        listen 127.0.0.1:8443 ssl; server_name shortener.lab.test;
        ssl_certificate %(live)s/fullchain.pem; ssl_certificate_key %(live)s/privkey.pem;
        location / {
            proxy_pass http://127.0.0.1:8000;
            proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
        }
    }
}
"""


@dataclass
class Figures:
    """Redirects per second at most; and milliseconds within which 99 % were answered at half of that."""

    rate: float
    p99: float


@dataclass
class Setup:
    """One way to run the app, for as long as `running` lasts."""

    name: str
    running: Callable[[], AbstractContextManager[None]]
    url: str
    address: str


class Host:
    """The lab host, over plain ssh."""

    def __init__(self, world: World) -> None:
        self._ssh = ["ssh", "-F", str(world.lab.folder / files.SSH_CONFIG), "lab"]

    def run(self, script: str, stdin: str = "") -> str:
        """What a shell script there prints; raises CalledProcessError."""
        done = subprocess.run([*self._ssh, script], input=stdin, check=True, capture_output=True, text=True)
        return done.stdout

    def start(self, unit: str, command: str, *properties: str) -> None:
        """A command as a service, until `stop`."""
        options = " ".join(f"-p '{one}'" for one in properties)
        self.run(f"systemd-run -q --collect --unit={unit} {options} {command}")

    def stop(self, *units: str) -> None:
        """Stop services."""
        self.run(f"systemctl stop {' '.join(units)}")


def measure(world: World) -> list[str]:
    """Lines to print."""
    host = Host(world)
    world.windlass("provision", "lab")
    host.run("apt-get update -qq; apt-get install -q -y --no-install-recommends nghttp2-client")
    host.run("runuser -u shortener -- python3 -", ADD_LINK)
    setups = _setups(world, host)
    figures: list[list[Figures]] = [[] for _ in setups]
    # They take turns, so that all meet the same machine.
    for _ in range(ROUNDS):
        for setup, seen in zip(setups, figures, strict=True):
            with setup.running():
                seen.append(_figures(host, setup.url, setup.address))
    return [_line(setup.name, seen) for setup, seen in zip(setups, figures, strict=True)]


def _setups(world: World, host: Host) -> list[Setup]:
    @contextmanager
    def windlass(model: tuple[str, int, int, int]) -> Iterator[None]:
        _deploy(world, model)
        yield

    @contextmanager
    def bare(options: str, nginx: bool) -> Iterator[None]:
        _start_gunicorn(host, options)
        if nginx:
            _start_tutorial_nginx(host)
        try:
            yield
        finally:
            host.stop("bench-gunicorn", *(["bench-nginx"] if nginx else []))

    made = [Setup(f"Windlass: {_name(*model)}", partial(windlass, model), URL, "127.0.0.1:443") for model in MODELS]
    plain = "-k gthread -w 3 --threads 4"
    address = URL.replace("https", "http")
    made.append(Setup(f"no nginx, no TLS: {plain}", partial(bare, plain, False), address, "127.0.0.1:8000"))
    made.append(Setup("tutorial: nginx and gunicorn -w 4", partial(bare, "-w 4", True), URL, "127.0.0.1:8443"))
    return made


def _deploy(world: World, model: tuple[str, int, int, int]) -> None:
    """Have the app run by this model of workers."""
    path = world.commands.folder / "inventory" / "group_vars" / "lab.yml"
    settings = yaml.safe_load(path.read_text())
    worker_class, workers, threads, max_requests = model
    settings["apps"][APP]["gunicorn"] |= {
        "worker_class": worker_class,
        "workers": workers,
        "threads": threads,
        "max_requests": max_requests,
    }
    path.write_text(yaml.safe_dump(settings))
    world.windlass("deploy", "lab")


def _start_gunicorn(host: Host, options: str) -> None:
    here = "/srv/shortener/current"
    host.start(
        "bench-gunicorn",
        f"{here}/venv/bin/gunicorn --no-control-socket {options} -b 127.0.0.1:8000 '{APP}:create_app()'",
        f"User={APP}",
        f"WorkingDirectory={here}/code",
        f"EnvironmentFile={here}/env",
        # Journald would have to write every line of the log; a tutorial's terminal would, too.
        "StandardOutput=journal",
    )
    _wait(host, 8000)
    time.sleep(3)  # the workers load the app


def _start_tutorial_nginx(host: Host) -> None:
    live = host.run("dirname $(nginx -T 2>/dev/null | awk '/ssl_certificate .*shortener/ {print $2; exit}')").strip()
    host.run("cat > /root/tutorial.conf", TUTORIAL_NGINX % {"live": live})
    host.start("bench-nginx", "/usr/sbin/nginx -c /root/tutorial.conf -g 'daemon off;'")
    _wait(host, 8443)


def _wait(host: Host, port: int) -> None:
    host.run(f"for _ in $(seq 100); do ss -tln | grep -q :{port} && exit; sleep 0.1; done; exit 1")


def _figures(host: Host, url: str, address: str) -> Figures:
    load = f"h2load --h1 -t 1 -c {VISITORS} -D {SECONDS} --warm-up-time 1 --connect-to={address}"
    said = host.run(f"{load} {url}")
    # Nothing but redirects, or the figure would be one of something else.
    assert re.search(r"status codes: 0 2xx, [1-9]\d* 3xx, 0 4xx, 0 5xx", said), said
    rate = float(re.search(r"finished in .*, ([\d.]+) req/s", said)[1])  # type: ignore[index]
    half = rate / 2 / VISITORS
    # Columns: when, status, microseconds.
    times = host.run(f"rm -f /tmp/times; {load} --rps={half:.2f} --log-file=/tmp/times {url} >&2; cut -f3 /tmp/times")
    return Figures(rate, statistics.quantiles([int(time) / 1000 for time in times.split()], n=100)[98])


def _name(worker_class: str, workers: int, threads: int, max_requests: int) -> str:
    size = f"{workers} workers" if worker_class == "sync" else f"{workers} x {threads} threads"
    return f"{worker_class}, {size}" + (f", replaced after {max_requests} requests" if max_requests else "")


def _line(name: str, seen: list[Figures]) -> str:
    rate = statistics.median(figures.rate for figures in seen)
    p99 = statistics.median(figures.p99 for figures in seen)
    return f"{name:60} {rate:6.0f} /s   p99 at half of it {p99:6.1f} ms"
