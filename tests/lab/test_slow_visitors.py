"""Visitors who hold on to thousands of connections: others are served as if they were not there."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.commands import Commands

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

NAME = "shortener.lab.test"

# Runs on the host: `kind` idle = connections without a word, slowloris = headers of which a byte comes now and then.
SCRIPT = """
import http.client, json, resource, socket, ssl, sys, threading, time
kind, count = sys.argv[1], int(sys.argv[2])
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
context = ssl._create_unverified_context()

def ask():
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", 443), 10) as plain:
        with context.wrap_socket(plain, server_hostname="NAME") as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\\r\\nHost: NAME\\r\\nConnection: close\\r\\n\\r\\n")
            status = int(connection.recv(4096).split()[1])
    return status, time.monotonic() - start

held, over = [], threading.Event()

def hold():
    while not over.is_set() and len(held) < count:
        connection = socket.create_connection(("127.0.0.1", 443 if kind == "idle" else 80), 10)
        if kind != "idle":
            connection.sendall(b"GET / HTTP/1.1\\r\\nHost: NAME\\r\\nX-Slow: ")
        held.append(connection)
    while not over.wait(2):
        for connection in held if kind != "idle" else ():
            try:
                connection.sendall(b"x")
            except OSError:
                pass  # nginx has had enough of it

thread = threading.Thread(target=hold)
thread.start()
deadline = time.monotonic() + 60
while len(held) < count and time.monotonic() < deadline:
    time.sleep(0.1)
answers = [ask() for _ in range(20)]
time.sleep(12)
answers += [ask() for _ in range(20)]
closed = 0
for connection in held:
    connection.setblocking(False)
    try:
        closed += connection.recv(4096) is not None
    except BlockingIOError:
        pass
    except OSError:
        closed += 1
over.set()
thread.join()
print(json.dumps({"held": len(held), "statuses": sorted({status for status, _ in answers}),
                  "slowest": max(seconds for _, seconds in answers), "closed": closed}))
""".replace("NAME", NAME)


@pytest.fixture(scope="module")
def serving(lab: Lab, host: LabHost, project: Path) -> LabHost:
    """The session's host with the sample app."""
    commands = Commands.in_new_folder(project)
    lab.acme.set_name(NAME, host.inner_address)
    commands("provision", host.name)
    return host


@pytest.mark.parametrize("kind", ["idle", "slowloris"])
def test_ten_thousand_connections_leave_others_served(serving: LabHost, kind: str) -> None:
    limit = int(serving.run("sh -c 'ulimit -Hn'"))
    count = min(10_000, limit - 1000)
    said = serving.run(f"python3 -c {shlex.quote(SCRIPT)} {kind} {count}", timeout=200)
    found: dict[str, Any] = json.loads(said)
    print(found)
    assert found["held"] == count
    assert found["statuses"] == [200]
    assert found["slowest"] < 5
    # After client_header_timeout nginx lets go of them.
    assert found["closed"] > count * 0.9
