"""Somebody's cli.ini, and what of it is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local_machine import on_this_machine
from windlass.agent.failures import Failed
from windlass.agent.resources import Certificate
from windlass.agent.resources.certbot_ini import read, refuse, stopping

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("authenticator = standalone", True),
        ("standalone = True", True),
        ("dry-run = True", True),
        ("dry_run = false", False),
        ("config-dir = /etc/other", True),
        ("dns-cloudflare = true", True),
        ("staging = true", True),
        ("nginx", True),
        ("authenticator = webroot", False),
        ("preferred-challenges = dns", False),  # the command line says otherwise, and counts
        ("key-type = rsa", False),
        ("# dry-run = True", False),
    ],
)
def test_what_would_have_certbot_do_something_else(tmp_path: Path, line: str, refused: bool) -> None:
    path = tmp_path / "cli.ini"
    path.write_text(f"\nemail = a@b.test\n{line}\n")
    settings = read([str(path), str(tmp_path / "none")])
    if not refused:
        refuse(settings)
        return
    with pytest.raises(Failed) as raised:
        refuse(settings)
    said = line if "=" in line else f"{line} = "
    assert str(raised.value) == f"certbot would not do what it is asked for, because of `{said}` ({path}:3)"
    assert raised.value.hint == "Take that line out, or write it on the command lines that need it, then run again."


@pytest.mark.parametrize(
    ("hook", "stops"),
    [
        ("systemctl stop nginx", True),
        ("service nginx stop", True),
        ("/usr/bin/pkill haproxy", True),
        ("ufw allow 80", False),
        ("", False),
    ],
)
def test_a_hook_that_stops_who_is_to_answer(tmp_path: Path, hook: str, stops: bool) -> None:
    (tmp_path / "cli.ini").write_text(f"pre-hook = {hook}\npost-hook = systemctl start nginx\n")
    found = stopping(read([str(tmp_path / "cli.ini")]))
    assert (str(found) if found else "") == (f"`pre-hook = {hook}` ({tmp_path}/cli.ini:1)" if stops else "")


def test_a_certbot_that_is_content_without_a_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = on_this_machine(Certificate("windlass-nosuch", ["a.test"], "https://acme.test/dir"))
    monkeypatch.setattr(Certificate, "_obtain", lambda self: None)
    with pytest.raises(Failed) as raised:
        resource.apply({"names": (None, ["a.test"])})
    live = "/etc/letsencrypt/live/windlass-nosuch"
    assert str(raised.value) == f"certbot is content, but there is no certificate in {live}"
    assert raised.value.hint == "`certbot certificates` on the host says where it keeps which."
