"""The setup command: once, before the first release."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.releases import release
from windlass.agent.failures import Failed
from windlass.agent.machine import Machine
from windlass.agent.release import data
from windlass.agent.release.records import FAILED, GOOD, Releases
from windlass.agent.release.setup import set_up
from windlass.agent.wire import Wire


class App:
    """An app whose setup command makes a file with that content, or fails."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.told, self.runs = folder, io.BytesIO(), 0

    def set_up(self, content: str | None = "tables", *, elsewhere: bool = False) -> None:
        def run() -> None:
            self.runs += 1
            if content is None:
                raise Failed("no")
            (self.folder / "app.db").write_text(content)

        machine = Machine(Wire(io.BytesIO(), self.told), lambda: None)
        set_up(machine, "shop", Releases(str(self.folder)), "flask init-db", run, elsewhere=elsewhere)

    @property
    def how(self) -> str:
        known: str = json.loads((self.folder / "setup.json").read_text())["how"]
        return known


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setattr(data, "home", lambda app: str(tmp_path))
    return App(tmp_path)


def test_one_that_has_succeeded_never_runs_again(app: App) -> None:
    for _ in range(3):
        app.set_up()
    assert (app.runs, app.how) == (1, "here")
    assert (app.folder / "setup.json").stat().st_mode & 0o777 == 0o600


def test_one_that_has_failed_runs_again(app: App) -> None:
    release(app.folder, "one", state=FAILED)
    for _ in range(2):
        with pytest.raises(Failed, match=r"^no$"):
            app.set_up(None)
    app.set_up()
    assert app.runs == 3


def test_an_empty_database_is_no_success(app: App) -> None:
    with pytest.raises(Failed) as failure:
        app.set_up("")
    assert str(failure.value) == (f"the setup command `flask init-db` has left {app.folder}/app.db with nothing in it")
    assert failure.value.hint == "It must make the tables. It counts as not run, and the next deploy runs it again."
    app.set_up()
    assert app.runs == 2


def test_another_host_has_done_it(app: App) -> None:
    app.set_up(elsewhere=True)
    app.set_up()
    assert (app.runs, app.how) == (0, "by another host")


def test_an_app_that_has_served_is_not_set_up(app: App) -> None:
    release(app.folder, "one", state=GOOD)
    app.set_up()
    app.set_up()
    assert (app.runs, app.how) == (0, "not at all: the app had served before")
    words = "its setup command is not run; if it must be: deploy.py run HOST -- flask init-db"
    assert app.told.getvalue().decode().count(words) == 1
