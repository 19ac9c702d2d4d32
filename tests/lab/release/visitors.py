"""Visitors of an app on a lab host as nginx brings them: each on a new connection through `current/app.sock`."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.lab import LabHost

# Runs on the host as www-data until its stdin ends; one line of JSON at the end. A pause leaves the CPUs to others.
SCRIPT = """
import http.client, json, socket, sys, threading
path, address = sys.argv[1], sys.argv[2]
stop, lock, served, failures, bodies = threading.Event(), threading.Lock(), 0, [], {}

def visit():
    global served
    while not stop.wait(0.02):
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(40)
                connection.connect(address)
                connection.sendall(f"GET {path} HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n".encode())
                response = http.client.HTTPResponse(connection)
                response.begin()
                body = response.read().decode().strip()
            trouble = None if response.status == 200 else f"HTTP {response.status}"
        except Exception as error:
            trouble = repr(error)
        with lock:
            if trouble:
                failures.append(trouble)
            else:
                served += 1
                bodies[body] = bodies.get(body, 0) + 1

threads = [threading.Thread(target=visit) for _ in range(int(sys.argv[3]))]
[thread.start() for thread in threads]
print("ready", flush=True)
sys.stdin.read()
stop.set()
[thread.join() for thread in threads]
print(json.dumps({"served": served, "failures": failures[:20], "bodies": bodies}), flush=True)
"""


@dataclass
class Visits:
    """What the visitors met; filled when they have left. `bodies` counts each answer."""

    served: int = 0
    failures: list[str] = field(default_factory=list)
    bodies: dict[str, int] = field(default_factory=dict)


@contextmanager
def visiting(host: LabHost, app: str, path: str = "/", count: int = 4) -> Iterator[Visits]:
    """Visitors who come again and again while the block runs."""
    visits = Visits()
    command = ["setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups", "python3", "-c", SCRIPT]
    argv = [
        *host.engine.command,
        "exec",
        "-i",
        host.container,
        *command,
        path,
        f"/srv/{app}/current/app.sock",
        str(count),
    ]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield visits
        output, _ = process.communicate(timeout=120)
    for name, value in json.loads(output).items():
        setattr(visits, name, value)
