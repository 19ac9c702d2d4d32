"""A real agent in a process of its own, fed as over SSH: the same loader, modules and messages."""

from __future__ import annotations

import grp
import json
import os
import pwd
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

from tests import resources_for_tests as odd
from windlass.agent.resources import File
from windlass.agent.resources.resource import Resource
from windlass.agent.wire import ANSWERS, REQUESTS, Message, Wire
from windlass.run.catalog import Catalog, Entry
from windlass.run.transport import STUB, shipment

USER = pwd.getpwuid(os.getuid()).pw_name
GROUP = grp.getgrgid(os.getgid()).gr_name

# The module's name under which the agent knows these, see below.
for kind in (odd.Diary, odd.Keeper, odd.Stubborn, odd.Riddle, odd.Sleeper, odd.Finisher, odd.Buggy, odd.Probed):
    kind.__module__ = "windlass.agent.resources.for_tests"


class AgentProcess:
    """One agent that keeps its state in `state`, and its audit in there too; `events` are what it said after HELLO."""

    def __init__(self, state: Path) -> None:
        self.folders = {"state": str(state), "log": f"{state}/log", "homes": f"{state}/srv"}
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", STUB],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(_with_test_resources(shipment()))
        self.wire = Wire(self.process.stdout, self.process.stdin, ANSWERS, REQUESTS)
        hello = self.wire.read()
        assert hello
        self.hello = hello[0]
        self.events: list[Message] = []

    def request(
        self, *resources: Resource | Entry, check: bool = False, diff: bool = False, whole: bool = False, kind: str = ""
    ) -> dict[str, bytes]:
        """Sends a catalog, all of this `kind` if one is given; gives back the contents it names."""
        entries = [each if isinstance(each, Entry) else Entry(each, "test") for each in resources]
        catalog = Catalog(entries)
        request = {"check": check, "diff": diff, "who": "me@here", "command": "test", **self.folders}
        request |= {"whole": whole}
        encoded = [{**entry, "kind": kind or entry["kind"]} for entry in catalog.encoded()]
        self.wire.write({"type": "converge", **request, "catalog": encoded, "own_kinds": {}})
        return catalog.contents

    def finish(self, contents: dict[str, bytes]) -> list[Message]:
        """Serves contents until BYE; gives back the events."""
        while (received := self.wire.read()) is not None:
            message = received[0]
            if message["type"] == "bye":
                break
            self.events.append(message)
            if message["type"] == "want":
                self.wire.write({"type": "content"}, contents[message["sha256"]])
        return self.events

    def close(self) -> str:
        """Ends it; gives back what it said on stderr."""
        _, stderr = self.process.communicate(timeout=60)
        return stderr.decode()


def converge(state: Path, *resources: Resource | Entry, **options: Any) -> list[dict[str, Any]]:
    """Runs an agent over the resources; gives back its results in order."""
    agent = AgentProcess(state)
    events = agent.finish(agent.request(*resources, **options))
    stderr = agent.close()
    assert stderr == ""
    return [event for event in events if event["type"] == "result"]


def statuses(results: list[dict[str, Any]]) -> list[str]:
    """The status of each result."""
    return [result["status"] for result in results]


def own_file(path: Path, content: str, **rest: Any) -> File:
    """A file that whoever runs the tests may own."""
    return File(str(path), content, owner=USER, group=GROUP, **rest)


def wait_for(path: Path) -> str:
    """What is in a file, as soon as something is."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.02)
    raise AssertionError(f"{path} did not appear")


def _with_test_resources(shipped: bytes) -> bytes:
    """The shipment with the resources of `tests/resources_for_tests.py` in it, as one more module."""
    payload = json.loads(zlib.decompress(shipped.split(b"\n", 1)[1]))
    source = Path(__file__).with_name("resources_for_tests.py").read_text()
    payload["windlass.agent.resources.for_tests"] = source
    packed = zlib.compress(json.dumps(payload).encode())
    return b"%d\n%s" % (len(packed), packed)
