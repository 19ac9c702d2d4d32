"""The gunicorn.conf.py that a source brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from windlass.errors import SourceError
from windlass.settings import AppSettings
from windlass.source import Source, load


def source(folder: Path, text: str | None) -> Source:
    (folder / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    (folder / "requirements.txt").write_text("flask\n")
    if text is not None:
        (folder / "gunicorn.conf.py").write_text(text)
    settings = AppSettings.model_validate({"source": str(folder), "wsgi": "app:app", "domains": ["x.example.org"]})
    return load("shop", settings, folder)


def test_its_hooks_count_and_its_settings_are_told(tmp_path: Path) -> None:
    text = (
        "import os\n_x = 1\nworkers, timeout = 2, 5\nbind: str = 'x'\npost_fork = print\ndef when_ready(server): ...\n"
    )
    found = source(tmp_path, text)
    assert found.hooks == ("post_fork", "when_ready")
    assert found.remarks == (
        (
            f"{tmp_path}: the hooks of gunicorn.conf.py are used (post_fork, when_ready), bind, timeout, workers of"
            " gunicorn.conf.py are not used: see the app's `gunicorn`"
        ),
    )


@pytest.mark.parametrize(
    ("text", "remarks"),
    [
        (None, ()),
        ("", ()),
        ("wsgi_app = 'app:app'\n_x = 1\n", ()),
        ("def on_exit(server): ...\n", ("{}: the hooks of gunicorn.conf.py are used (on_exit)",)),
        (
            "keepalive = 5\n",
            ("{}: keepalive of gunicorn.conf.py is not used: see the app's `gunicorn`",),
        ),
    ],
)
def test_what_is_told(tmp_path: Path, text: str | None, remarks: tuple[str, ...]) -> None:
    assert source(tmp_path, text).remarks == tuple(each.format(tmp_path) for each in remarks)


def test_one_that_is_no_python(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as raised:
        source(tmp_path, "workers = 2\ntimeout = =\n")
    assert (raised.value.args[0], raised.value.hint) == (
        f"app shop: {tmp_path}/gunicorn.conf.py:2: invalid syntax",
        "Correct it, or name it in .deployignore: gunicorn.conf.py",
    )
