"""Visitors of an app over HTTPS through nginx: wrk, a real client, on connections that it keeps."""

from __future__ import annotations

import re
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.lab import LabHost

# wrk connects to the host's own address and goes by the app's name all the same, in TLS (SNI) as in HTTP.
SCRIPT = """
wrk.resolve = function() wrk.addrs = wrk.lookup("%(address)s", "%(port)d") end
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() answers = {} end
function delay() return %(pause)d end
function response(status) answers[status] = (answers[status] or 0) + 1 end
function done(summary, latency)
  local errors = summary.errors
  for _, trouble in ipairs({"connect", "read", "write", "timeout"}) do print(trouble, errors[trouble]) end
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("answers")) do print(status, count) end
  end
end
"""
# The longest that a block may take (seconds).
LIMIT = 1800


@dataclass
class Browsed:
    """What the visitors met; filled when they have left. `failures` counts each kind."""

    served: int = 0
    failures: dict[str, int] = field(default_factory=dict)


@contextmanager
def browsing(
    host: LabHost, name: str, path: str = "/", *, count: int = 2, pause: int = 20, patience: int = 60
) -> Iterator[Browsed]:
    """`count` visitors who ask for a page again and again while the block runs.

    `pause` between two requests in milliseconds; a request that takes longer than `patience` seconds has failed.
    """
    browsed = Browsed()
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT % {"address": host.address, "port": host.https_port, "pause": pause})
        script.flush()
        options = ["-t1", f"-c{count}", f"-d{LIMIT}s", f"--timeout={patience}s", "-s", script.name]
        with subprocess.Popen(["wrk", *options, f"https://{name}{path}"], stdout=subprocess.PIPE, text=True) as wrk:
            try:
                yield browsed
            finally:
                assert wrk.poll() is None, "wrk ended before the block did"
                wrk.send_signal(signal.SIGINT)  # it says what it met all the same
                said, _ = wrk.communicate(timeout=120)
    _fill(browsed, said)


def _fill(browsed: Browsed, said: str) -> None:
    for what, number in re.findall(r"^(\w+)\t(\d+)", said, re.MULTILINE):
        if what == "200":
            browsed.served = int(number)
        elif int(number):
            browsed.failures[what] = int(number)
