"""`deploy.py logs` on a real host."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING

import pytest

from tests.answer_documents import held
from tests.lab.attended import PAGE, begin, line_with, nothing_is_left, serving
from windlass.lab.visit import visit
from windlass.output.answer_document import LogLine

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.commands import Commands
    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def commands(lab: Lab, host: LabHost, project: Path) -> Commands:
    """A project with the shortener on the host `lab`, whose logs are of now."""
    found = serving(lab, host, project)
    host.run("journalctl -q --rotate --vacuum-time=1s; truncate -s 0 /var/log/nginx/*.log")
    host.run("systemctl restart 'shortener@*.service'")
    return found


def test_logs_of_the_app_systemd_and_nginx(commands: Commands, lab: Lab, host: LabHost) -> None:
    # Another test may have started the ACME server anew: the certificate is then of an authority that is gone.
    host.run("rm -rf /etc/letsencrypt /etc/nginx/tls/shortener")
    commands("provision", "lab")
    visit(PAGE, host.address, host.https_port, lab.acme.roots(), lambda line: None)
    lines = [json.loads(line) for line in commands("logs", "lab", "--since", "1h", "--json").out.splitlines()]
    for line in lines:
        held(LogLine, line)
    assert {line["source"] for line in lines} >= {"app", "systemd"}
    assert {line["app"] for line in lines} == {"shortener"}
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    assert any(line["source"] == "systemd" and "Started" in line["text"] for line in lines)
    newest = commands("logs", "lab", "-n", "3").out.splitlines()
    assert len(newest) == 3
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}  (shortener|systemd|nginx)  ", line) for line in newest)
    found = commands("logs", "lab", "--nginx", "--grep", '"post / ').out.splitlines()
    assert found
    assert all("  nginx  " in line and '"POST / HTTP/1.1" 303 ' in line for line in found)
    assert commands("logs", "lab", "--grep", "no such words").out == ""


def test_logs_of_a_forger_and_of_another_app_are_not_among_them(commands: Commands, host: LabHost) -> None:
    host.run("logger -t shortener forged; su -s /bin/sh shortener -c 'logger also forged'; journalctl --sync")
    assert "forged" not in commands("logs", "lab", "--since", "1h").out


def test_a_pattern_and_a_time_reach_no_shell(commands: Commands, host: LabHost) -> None:
    commands("logs", "lab", "--grep", "'; touch /var/tmp/owned; $(touch /var/tmp/owned)")
    commands("logs", "lab", "--since", "$(touch /var/tmp/owned)", status=2)
    host.run("! test -e /var/tmp/owned")


def test_logs_follow_a_new_release_and_a_rotation_until_ctrl_c_and_leave_nothing(
    commands: Commands, lab: Lab, host: LabHost
) -> None:
    with (
        begin(commands, "logs", "lab", "-f", "-n", "1") as app,
        begin(commands, "logs", "lab", "-f", "-n", "1", "--nginx") as nginx,
    ):
        line_with(app, b"  ")
        line_with(nginx, b"  nginx  ")
        page = commands.folder / "sample_app/shortener/templates/home.html"
        page.write_text(page.read_text() + "\n")
        commands("deploy", "lab")
        release = host.run("readlink /srv/shortener/current").strip().rpartition("/")[2]
        line_with(app, b"Started shortener@" + release.encode())
        host.run("logrotate -f /etc/logrotate.d/nginx")
        visit(PAGE, host.address, host.https_port, lab.acme.roots(), lambda line: None)
        line_with(nginx, b'"GET / HTTP/1.1" 200 ')
        line_with(app, b'"status": 303')
        for running in (app, nginx):
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=120)
            assert (running.returncode, err) == (130, b"")
        nothing_is_left(host)


def test_logs_for_a_reader_that_goes_away(commands: Commands, host: LabHost) -> None:
    with begin(commands, "logs", "lab", "-f", "--nginx", "-n", "1") as running:
        line_with(running, b"nginx")
        assert running.stdout
        running.stdout.close()
        host.run("echo 'broken pipe' >> /var/log/nginx/shortener.access.log")
        assert running.wait(120) == 141
        assert running.stderr
        assert running.stderr.read() == b""
        nothing_is_left(host)
