"""What a process still runs that is gone from the disk, and the words for a host's vital signs."""

from __future__ import annotations

import inspect
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from windlass.agent.vitals import _family, replaced_in
from windlass.cli.commands.vitals import vital_signs

WELL: dict[str, Any] = {"updates": 0, "security_updates": 0, "failed_units": [], "reboot": False, "stale": {}}


def test_a_program_that_was_replaced_while_it_runs() -> None:
    # Not below /tmp, where libraries come and go by design.
    with TemporaryDirectory(dir=pwd.getpwuid(os.getuid()).pw_dir, prefix=".windlass-test-") as folder:
        program = Path(shutil.copy2(shutil.which("sleep") or "", f"{folder}/sleep with spaces"))
        running = subprocess.Popen([program, "60"])
        try:
            maps = Path(f"/proc/{running.pid}/maps")
            assert replaced_in(maps.read_text().splitlines()) == set()
            program.unlink()
            assert replaced_in(maps.read_text().splitlines()) == {"sleep with spaces"}
        finally:
            running.kill()
            running.wait()


def test_what_is_deleted_by_design_is_not_replaced() -> None:
    maps = """\
7f96-7f97 rw-s 00000000 00:01 94682                      /dev/zero (deleted)
7f96-7f97 r-xp 00000000 00:01 94682                      /memfd:jit (deleted)
7f96-7f97 r-xp 00000000 00:01 94682                      /tmp/ffiXo2 (deleted)
7f96-7f97 r--p 00000000 00:49 1500184                    /var/lib/app/data (deleted)
7f96-7f97 r-xp 00000000 00:00 0                          [vdso]
7f96-7f97 r-xp 000c5000 00:49 1500184                    /usr/lib/libssl.so.3
"""
    assert replaced_in(maps.splitlines()) == set()
    assert replaced_in(maps.replace("libssl.so.3", "libssl.so.3 (deleted)").splitlines()) == {"libssl.so.3"}


def test_a_chain_of_processes_however_long_is_followed() -> None:
    """One that is longer than Python recurses, as an app may make it; here both are shorter."""
    chain = "import os, time\nfor each in range(100):\n if os.fork(): break\ntime.sleep(600)"
    running = subprocess.Popen([sys.executable, "-S", "-c", chain], start_new_session=True)
    before = sys.getrecursionlimit()
    try:
        while len(_family(running.pid)) < 101:
            assert running.poll() is None
            time.sleep(0.1)
        sys.setrecursionlimit(len(inspect.stack()) + 50)
        assert len(_family(running.pid)) == 101
    finally:
        sys.setrecursionlimit(before)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def test_a_host_that_is_well_has_one_quiet_line() -> None:
    assert vital_signs(WELL) == ["no pending updates"]


def test_what_needs_a_hand_has_a_line_each() -> None:
    signs = {
        "updates": 12,
        "security_updates": 3,
        "failed_units": ["certbot.service", "mail.service"],
        "reboot": True,
        "stale": {"nginx": ["libssl.so.3"], "shop": ["a.so", "b.so", "c.so", "d.so", "e.so"]},
    }
    assert [plain(line) for line in vital_signs(signs)] == [
        "12 pending updates, 3 for security",
        "a reboot is wanted to run what was updated",
        "failed units: certbot.service, mail.service",
        "nginx is stale: it runs old versions of libssl.so.3 until it is restarted",
        "shop is stale: it runs old versions of a.so, b.so, c.so and 2 more until it is restarted",
    ]


def test_updates_in_words() -> None:
    assert vital_signs({**WELL, "updates": 1}) == ["1 pending update"]
    assert [plain(line) for line in vital_signs({**WELL, "updates": None})] == ["pending updates are not known"]


def plain(text: str) -> str:

    return click.unstyle(text)
