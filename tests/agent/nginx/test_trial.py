"""What is kept of a change, and that it is put back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.nginx_process import NginxProcess
from windlass.agent.nginx import directives, trial
from windlass.agent.nginx.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NGINX = "pid /run/nginx.pid; error_log /var/log/nginx/error.log; events {} http { access_log off; include sites/*; }"


@pytest.fixture
def nginx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NginxProcess]:
    process = NginxProcess(tmp_path)
    monkeypatch.setattr(trial, "FOLDER", str(tmp_path / "trials"))
    monkeypatch.setattr(trial, "PAUSES", (0.01,))
    monkeypatch.setattr(directives, "MAIN", str(process.put("/etc/nginx/nginx.conf", NGINX)))
    for name in ("one", "two"):
        process.put(f"/etc/nginx/sites/{name}", f"server {{ listen 80; server_name {name}.test; return 200; }}\n")
    process.start()
    yield process
    process.stop()


def test_nobody_fares_worse(nginx: NginxProcess, tmp_path: Path) -> None:
    one = f"{tmp_path}/etc/nginx/sites/one"
    Trial("x").keep(one, anew=True)
    assert Trial("x").pending
    assert Trial("x").worse([]) == []
    Trial("x").end()
    assert not Trial("x").pending
    assert list((tmp_path / "trials").iterdir()) == []


def test_who_is_hidden_or_gone_is_told_but_not_what_is_replaced(nginx: NginxProcess, tmp_path: Path) -> None:
    one, two, three = (f"{tmp_path}/etc/nginx/sites/{name}" for name in ("one", "two", "0"))
    Trial("x").keep(three, anew=True)
    nginx.put("/etc/nginx/sites/0", "\nserver { listen 80; server_name one.test; return 200; }\n")
    url = f"http://one.test:{nginx.http_port}/ at 127.0.0.1"
    # The files say that it is hidden, before nginx does.
    assert Trial("x").worse([three]) == [f"{url}: 200 before ({one}:1), 200 after, by {three}:2"]
    assert Trial("x").worse([one]) == []
    Trial("x").put_back()
    assert not os.path.exists(three)
    Trial("x").keep(one, anew=True)
    nginx.stop()
    assert Trial("x").worse([one]) == [
        f"http://two.test:{nginx.http_port}/ at 127.0.0.1: 200 before ({two}:1), Connection refused after"
    ]
    Trial("x").end()
    nginx.start()


def test_files_links_and_nothing_are_put_back(nginx: NginxProcess, tmp_path: Path) -> None:
    file, link, none = (tmp_path / name for name in ("file", "link", "none"))
    file.write_bytes(b"\xff old")
    file.chmod(0o640)
    link.symlink_to("somewhere")
    for path in (file, link, none):
        Trial("reload x/y").keep(str(path), anew=path == file)
    for path in (file, link, none):
        path.unlink(missing_ok=True)
        path.write_text("new")
        Trial("reload x/y").keep(str(path), anew=False)  # what was first counts
    assert Trial("reload x/y").paths == [str(file), str(link), str(none)]
    Trial("reload x/y").put_back()
    assert (file.read_bytes(), file.stat().st_mode & 0o777, link.readlink().name) == (b"\xff old", 0o640, "somewhere")
    assert not none.exists()
    # Begun anew, it is another change.
    Trial("x").keep(str(file), anew=True)
    Trial("x").keep(str(link), anew=True)
    assert Trial("x").paths == [str(link)]
