"""`deploy.py run` on a real host: input, output, terminal, sandbox, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.answer_documents import read
from tests.lab.attended import begin, line_with, nothing_is_left, serving, terminal
from windlass.run.operator import operator

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.commands import Commands
    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def commands(lab: Lab, host: LabHost, project: Path) -> Commands:
    """A project with the shortener on the host `lab`."""
    return serving(lab, host, project)


def test_run_passes_input_output_and_exit_status(commands: Commands) -> None:
    with begin(commands, "run", "lab", "--", "sh", "-c", "tr a-z A-Z; echo trouble >&2; exit 7") as running:
        blob = os.urandom(3_000_000).replace(b"\n", b"")
        out, err = running.communicate(b"hello\n" + blob)
        assert (running.returncode, err) == (7, b"trouble\n")
        assert out == b"hello\n".upper() + blob.translate(bytes(n - 32 if 97 <= n <= 122 else n for n in range(256)))
        for script, status in (("kill -9 $$", 137), ("kill -TERM $$", 143), ("exit 255", 255), ("true", 0)):
            commands("run", "lab", "--", "sh", "-c", script, status=status)
        assert commands("run", "lab", "--", "nosuch", status=127).err == "sh: 1: nosuch: not found\n"
        assert commands("run", "lab", "--", "printf", "%s|", "a b", "$PATH", "%i", "'").out == "a b|$PATH|%i|'|"


def test_run_is_as_the_app_is(commands: Commands, host: LabHost) -> None:
    """The same user, folder, environment and sandbox as Gunicorn's."""
    release = host.run("readlink -f /srv/shortener/current").strip()
    out = commands(
        "run", "lab", "--", "sh", "-c", "id -un; pwd; which python; echo $STATE_DIRECTORY; env -0 | sort -z"
    ).out
    user, folder, python, data, environment = out.split("\n", 4)
    assert (user, folder) == ("shortener", f"{release}/code")
    assert (python, data) == (f"{release}/venv/bin/python", "/var/lib/shortener")
    ours = dict(each.split("=", 1) for each in environment.rstrip("\0").split("\0"))
    pid = host.run("systemctl show -p MainPID --value 'shortener@*.service'").strip()
    theirs = dict(each.split("=", 1) for each in host.run(f"cat /proc/{pid}/environ").rstrip("\0").split("\0"))
    passing = {
        "INVOCATION_ID",
        "SYSTEMD_EXEC_PID",
        "PWD",
        "OLDPWD",
        "_",
        "MEMORY_PRESSURE_WATCH",
        "MEMORY_PRESSURE_WRITE",
    }
    listening = {"LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "NOTIFY_SOCKET", "JOURNAL_STREAM", "SERVER_SOFTWARE"}
    of_gunicorn = {name: value for name, value in theirs.items() if name not in passing | listening}
    assert {name: value for name, value in ours.items() if name not in passing} == of_gunicorn
    assert (ours["FLASK_APP"], ours["HOME"]) == ("shortener:create_app()", "/var/lib/shortener")
    assert "SECRET_KEY" in ours


def test_run_has_the_sandbox_of_the_app_and_no_secret_in_an_argument(commands: Commands, host: LabHost) -> None:
    secret = "canary-in-an-argument"
    with begin(
        commands, "run", "lab", "--", "sh", "-c", f"echo up; cat; echo $SECRET_KEY >/dev/null; : {secret}"
    ) as running:
        line_with(running, b"up")
        unit = host.run("systemctl list-units --plain --no-legend 'windlass-run-shortener-*'").split()[0]
        host.run("systemctl is-active --quiet 'shortener@*.service'")
        service = host.run("systemctl list-units --plain --no-legend 'shortener@*.service'").split()[0]
        shown = [host.run(f"systemctl show {each}").splitlines() for each in (unit, service)]
        properties = [dict(line.split("=", 1) for line in lines if "=" in line) for lines in shown]
        written = host.run(f"sed -n '/^.Service/,/^.Install/p' /etc/systemd/system/{service}")
        confining = set(re.findall(r"^(\w+)=", written, re.MULTILINE))
        confining -= {"Type", "ExecStart", "ExecReload", "Restart", "RestartSec", "KillMode", "SyslogIdentifier"}
        confining -= {"TimeoutStartSec", "TimeoutStopSec", "Environment"}
        assert len(confining) > 30
        named = {"EnvironmentFile": "EnvironmentFiles"}
        for name in confining:
            values = [sorted(each.get(named.get(name, name), "").split()) for each in properties]
            assert values[0] == values[1], name
        pid = host.run("systemctl show -p MainPID --value 'shortener@*.service'").strip()
        environment = dict(each.split("=", 1) for each in host.run(f"cat /proc/{pid}/environ").rstrip("\0").split("\0"))
        arguments = host.run("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
        assert unit in arguments
        assert environment["SECRET_KEY"] not in arguments
        assert environment["SECRET_KEY"] not in "".join(shown[0])
        # What any app can ask systemd for.
        assert secret not in "".join(shown[0])
        assert host.run("stat -c %a:%U:%G /run/windlass-run/*") == "640:root:shortener\n"
        running.communicate(b"")
        assert running.returncode == 0
        nothing_is_left(host)
        assert host.run("ls /run/windlass-run") == ""


def test_run_is_in_the_audit_without_its_arguments_and_ends_when_its_operator_is_gone(
    commands: Commands, host: LabHost
) -> None:
    secret = "canary-in-an-argument"
    release = host.run("readlink /srv/shortener/current").strip().rpartition("/")[2]
    commands("run", "lab", "--", "sh", "-c", f": {secret}; exit 5", status=5)
    entry = commands.json("audit", "lab", "-n", "1", "--app", "shortener")["entries"][0]
    assert (entry["command"], entry["result"], entry["status"]) == ("run lab -- sh", "failed", 5)
    assert entry["who"] == operator()
    assert entry["apps"] == {"shortener": {"from": release, "to": release}}
    assert commands("audit", "lab", "-n", "1").out.endswith("\n    run lab -- sh; exit status 5\n")
    host.run(f"! grep -r {secret} /var/log/windlass")
    with begin(commands, "run", "lab", "--", "sh", "-c", "echo up; sleep 1000") as running:
        line_with(running, b"up")
        (entry,) = commands.json("audit", "lab", "-n", "1")["entries"]
        assert (entry["result"], entry["ended"], entry["status"]) == ("unfinished", None, None)
        running.kill()
        running.communicate()
        nothing_is_left(host)
    assert commands.json("audit", "lab", "-n", "1")["entries"][0]["result"] == "interrupted"


def test_run_ctrl_c_reaches_the_command_and_the_second_one_leaves(commands: Commands, host: LabHost) -> None:
    with begin(commands, "run", "lab", "--", "python", "-c", CATCH) as polite:
        line_with(polite, b"up")
        polite.send_signal(signal.SIGINT)
        out, err = polite.communicate(timeout=120)
        assert (polite.returncode, out) == (3, b"caught\n")
        assert err == b"\npassed on to the command; Ctrl-C again leaves\n"
        with begin(commands, "run", "lab", "--", "python", "-c", CATCH.replace("sys.exit(3)", "pass")) as stubborn:
            line_with(stubborn, b"up")
            stubborn.send_signal(signal.SIGINT)
            line_with(stubborn, b"caught")
            stubborn.send_signal(signal.SIGINT)
            stubborn.communicate(timeout=120)
            assert stubborn.returncode == 130
            nothing_is_left(host)


CATCH = """
import signal, sys, time
def caught(*_):
    print("caught", flush=True)
    sys.exit(3)
signal.signal(signal.SIGINT, caught)
print("up", flush=True)
while True:
    time.sleep(0.1)
"""


def test_run_on_a_terminal(commands: Commands, host: LabHost) -> None:
    with terminal(commands, "run", "lab", "--", "flask", "shell") as screen:
        screen.wait_for(">>> ")
        screen.type("import os, sys; print(os.get_terminal_size(), sys.stdin.isatty(), os.environ['TERM'], app.name)\n")
        screen.wait_for("os.terminal_size(columns=91, lines=31) True xterm-test shortener\r\n>>> ")
        screen.type("import time; time.sleep(1000)\n")
        time.sleep(0.5)
        screen.type("\x03")
        screen.wait_for("KeyboardInterrupt")
        screen.resize(20, 77)
        screen.type("time.sleep(0.5); os.get_terminal_size()\n")
        screen.wait_for("columns=77, lines=20")
        screen.type("sys.exit(9)\n")
        assert screen.status() == 9
    nothing_is_left(host)


def test_run_on_a_terminal_that_is_closed(commands: Commands, host: LabHost) -> None:
    with terminal(commands, "run", "lab", "--", "flask", "shell") as screen:
        screen.wait_for(">>> ")
    nothing_is_left(host)


def test_run_where_there_is_no_release(commands: Commands, fresh_host: LabHost) -> None:
    commands.write(
        f"inventory/host_vars/{fresh_host.name}.yml",
        "apps: {notes: {source: apps/notes, wsgi: 'notes:create_app()', domains: [notes.lab.test]}}\n",
    )
    said = commands("run", fresh_host.name, "--app", "notes", "--", "id", status=1)
    assert said.err == f"error: {fresh_host.name}: there is no release of notes here yet: deploy it first\n"


def test_run_for_a_program(commands: Commands) -> None:
    said = commands("run", "lab", "--json", "--", "sh", "-c", "cat; echo out; echo err >&2; exit 4", status=4)
    (answer,) = read("run", said.out)
    assert answer == {"host": "lab", "error": None, "status": 4, "stdout": "out\n", "stderr": "err\n"}
