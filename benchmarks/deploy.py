"""`deploy` of new code, beside `ssh HOST true` and the app's own boot, both of which it waits for. Aim: under 3 s."""

from __future__ import annotations

import shlex
import statistics
from typing import TYPE_CHECKING, Any

from benchmarks.world import seconds

if TYPE_CHECKING:
    from benchmarks.world import World

ROUNDS = 7
# What takes as long as the app takes, or as it shall be watched.
STEPS = {
    "release command": "the release command",
    "start": "its start",
    "healthy": "until it is healthy",
    "switch": "switch and watch",
}

# On the host: prints the seconds from `systemctl start` of the app's stopped instance to its first good answer.
BOOT = """
import os, socket, subprocess, time
release = os.path.basename(os.readlink("/srv/shortener/current"))
units = [f"shortener@{release}.socket", f"shortener@{release}.service"]
subprocess.run(["systemctl", "stop", *units], check=True)
begun = time.monotonic()
subprocess.run(["systemctl", "start", *units], check=True)
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect("/srv/shortener/current/app.sock")
    connection.sendall(b"GET /readyz HTTP/1.0\\r\\nHost: shortener.lab.test\\r\\nX-Forwarded-Proto: https\\r\\n\\r\\n")
    assert connection.recv(12).endswith(b" 200")
print(time.monotonic() - begun)
"""


def measure(world: World) -> list[str]:
    """Lines to print."""
    world.windlass("provision", "lab")
    rounds = [_round(world, number) for number in range(ROUNDS)]
    middle = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    login, boot, deploy = middle["login"], middle["boot"], middle["deploy"]
    rest = deploy - login - sum(middle[step] for step in STEPS)
    return [
        f"ssh HOST true              {login:6.3f} s",
        f"boot of the app            {boot:6.3f} s",
        f"deploy of new code         {deploy:6.3f} s   {deploy / (login + boot):.2f}x both together",
        *(f"  of it {what:19} {middle[step]:6.3f} s" for step, what in STEPS.items()),
        f"  of it all else           {rest:6.3f} s   beside one login",
        f"during the switch          {middle['requests']:.0f} requests, {middle['failed']:.0f} failed",
    ]


def _round(world: World, number: int) -> dict[str, float]:
    login = seconds(lambda: world.ssh("lab", "true"))
    boot = float(world.lab.host("lab").run(f"python3 -c {shlex.quote(BOOT)}"))
    world.commands.write("sample_app/shortener/static/release.txt", f"{number}\n")
    said: list[dict[str, Any]] = []
    deploy = seconds(lambda: said.append(world.commands.json("deploy", "lab")))
    (notes,) = [result["notes"] for result in said[0]["resources"] if "traffic" in result["notes"]]
    steps = {step: notes["steps"][step] for step in STEPS}
    return {"login": login, "boot": boot, "deploy": deploy, **steps, **notes["traffic"]}
