"""Visitors who hold on to thousands of connections: others are served as if they were not there."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.commands import Commands

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

NAME = "shortener.lab.test"

# Runs on a neighbour, whose address is that of all visitors, good and bad: idle ones send nothing at all, slow ones
# (slowloris) headers of which a byte comes now and then.
SCRIPT = """
import http.client, json, resource, select, socket, ssl, sys, time
four, six, name = sys.argv[1:]
ways = [(socket.AF_INET, (four,)), (socket.AF_INET6, (six,))]
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
idle, slow = min(10_000, (hard - 1000) * 2 // 3), min(5_000, (hard - 1000) // 3)
context = ssl._create_unverified_context()

def connected(way, port):
    family, address = ways[way % 2]
    connection = socket.socket(family)
    connection.settimeout(20)
    connection.connect(socket.getaddrinfo(address[0], port, family)[0][4])
    return connection

def ask(way):
    with context.wrap_socket(connected(way, 443), server_hostname=name) as connection:
        connection.sendall(f"GET /healthz HTTP/1.1\\r\\nHost: {name}\\r\\nConnection: close\\r\\n\\r\\n".encode())
        return int(connection.recv(4096).split()[1])

answers = [ask(way) for way in range(2)]
held, poll = [], select.poll()
for number in range(idle + slow):
    held.append(connected(number, 443 if number < idle else 80))
    if number >= idle:
        held[-1].sendall(f"GET / HTTP/1.1\\r\\nHost: {name}\\r\\nX-Slow: ".encode())
    poll.register(held[-1], select.POLLIN)
at_once = len(held) - len(poll.poll(0))
deadline = time.monotonic() + 120
# Nobody is told anything but that the connection is closed.
while (closed := len(poll.poll(0))) < 0.9 * len(held) and time.monotonic() < deadline:
    for connection in held[idle:]:
        try:
            connection.send(b"x")
        except OSError:
            pass  # nginx has had enough of it
    answers += [ask(way) for way in range(8)]
    time.sleep(1)
print(json.dumps({"held": len(held), "at_once": at_once, "answers": answers, "closed": closed}))
"""


@pytest.fixture(scope="module")
def serving(lab: Lab, host: LabHost, project: Path) -> LabHost:
    """The session's host with the sample app."""
    commands = Commands.in_new_folder(project)
    lab.acme.set_name(NAME, host.inner_address)
    commands("provision", host.name)
    return host


def test_thousands_of_slow_connections_leave_others_served(serving: LabHost, new_host: Callable[..., LabHost]) -> None:
    six = serving.run("ip -6 -o addr show dev eth0 scope link").split()[3].partition("/")[0]
    arguments = shlex.join([serving.inner_address, f"{six}%eth0", NAME])
    said = new_host().run(f"python3 -c {shlex.quote(SCRIPT)} {arguments}", timeout=300)
    found: dict[str, Any] = json.loads(said)
    print(found)
    assert found["at_once"] > 1000
    assert set(found["answers"]) == {200}
    # After client_header_timeout nginx lets go of them.
    assert found["closed"] >= 0.9 * found["held"]
