"""Installed packages that do not fit, as a traceback shows them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.local_machine import have_pip, on_this_machine
from windlass.agent.resources import File, confined, outdated, pip_settings

GONE = "AttributeError: module 'collections' has no attribute 'MutableMapping'"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Packages of an app, and an index in a folder."""
    if os.getuid() != 0:
        pytest.skip("only root starts processes as another user")
    have_pip(monkeypatch)
    monkeypatch.setattr(confined, "BUILDER", "root")
    monkeypatch.setattr(outdated, "HOMES", f"{tmp_path}/")
    monkeypatch.setattr(pip_settings, "FILES", (f"{tmp_path}/pip.conf",))
    (tmp_path / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {tmp_path}\n")
    folder = tmp_path / "venv/lib/python3.11/site-packages"
    known = folder / "Werkzeug-0.14.1.dist-info"
    known.mkdir(parents=True)
    (known / "METADATA").write_text("Metadata-Version: 2.1\nName: Werkzeug\nVersion: 0.14.1\n")
    (known / "RECORD").write_text("werkzeug/__init__.py,,\nodd.py,,\n")
    return folder


def advice(*lines: str) -> str | None:
    return outdated.advice(on_this_machine(File("/x", "")).machine, lines)


def trace(site: Path, said: str, file: str = "werkzeug/datastructures.py") -> list[str]:
    return [f'  File "{site}/flask/app.py", line 1', f'  File "{site}/{file}", line 2, in <module>', "    x", said]


@pytest.mark.parametrize(
    "said",
    [
        GONE,
        "ImportError: cannot import name 'url_quote' from 'werkzeug.urls' (/x/werkzeug/urls.py)",
        "ModuleNotFoundError: No module named 'imp'",
        "SyntaxError: invalid syntax",
        "SystemError: initialization of _psycopg raised unreported exception",
    ],
)
def test_the_package_and_what_would_work_are_named(site: Path, tmp_path: Path, said: str) -> None:
    wrong = "Werkzeug 0.14.1 does not fit Python 3.11, or what is installed beside it: ask for"
    assert advice(*trace(site, said)) == f"{wrong} another version in the requirements."
    (tmp_path / "werkzeug-3.1.3-py3-none-any.whl").touch()
    newest = "the newest for this Python is Werkzeug==3.1.3."
    assert (
        advice(*trace(site, said, "odd.py"), "gunicorn: more") == f"{wrong} a newer one in the requirements; {newest}"
    )


def test_setuptools_without_its_old_part(site: Path) -> None:
    said = advice(*trace(site, "ModuleNotFoundError: No module named 'pkg_resources'"))
    assert said == "Add setuptools<81 to the requirements: Werkzeug 0.14.1 needs its pkg_resources."


def test_no_package_is_to_blame(site: Path) -> None:
    assert advice() is None
    assert advice(*trace(site, "ValueError: no")) is None
    assert advice(*trace(site, "ModuleNotFoundError: No module named 'redis'")) is None
    assert advice('  File "/srv/x/releases/1/code/app.py", line 1', GONE) is None
    assert advice(*trace(site, GONE, "nobodys/x.py")) is None
    assert advice(*trace(Path("/elsewhere/lib/python3.11/site-packages"), GONE)) is None
