"""A host that keeps its apps on a disk for data: /srv and an app's folder are root's own links to there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.converging import converge

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

ROLES = frozenset({"base", "app", "venv", "release"})
APP = """\
import pathlib
from flask import Flask
app = Flask(__name__)
@app.get("/healthz")
def healthz():
    pathlib.Path("/var/lib/shop/seen").write_text("written")
    return "well"
"""


def test_an_app_on_it(lab: Lab, fresh_host: LabHost, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/requirements.txt").write_text("flask\n")
    (tmp_path / "app/app.py").write_text(APP)
    fresh_host.run("mkdir -p /data/srv /data/shop; rmdir /srv; ln -s /data/srv /srv; ln -s /data/shop /var/lib/shop")
    app = {"source": "app", "wsgi": "app:app", "domains": ["shop.test"], "tls": "off", "watch": 1}
    first = converge(lab, fresh_host, {"shop": app}, tmp_path, roles=ROLES)
    assert first.exit_status == 0, [each.message for each in first.results if each.message]
    assert fresh_host.run("cat /data/shop/seen; stat -c '%U %a' /data/shop; ls /data/srv").splitlines() == [
        "writtenshop 700", "shop",
    ]  # fmt: skip
    again = converge(lab, fresh_host, {"shop": app}, tmp_path, roles=ROLES)
    assert [each.resource for each in again.results if each.status != "ok"] == []
