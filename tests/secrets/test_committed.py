"""A `.env` that git has, with a secret in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from windlass.errors import InventoryError
from windlass.secrets.committed import check_nothing_committed


@pytest.fixture
def app() -> Path:
    folder = Path.cwd() / "app"
    (folder / "deep").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


def commit(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    subprocess.run(["git", "-C", folder, "add", "-f", name], check=True)


@pytest.mark.parametrize("name", [".env", "deep/.env"])
def test_it_is_refused(app: Path, name: str) -> None:
    commit(app, name, "PORT=1\nSECRET_KEY=hidden-9f8e7d6c5b4a\n")
    with pytest.raises(InventoryError) as raised:
        check_nothing_committed([app, app, app.parent])
    home = (Path("app") / name).parent
    assert str(raised.value) == (
        f"app/{name}: git tracks this file, and SECRET_KEY in it is a secret: everybody with the repository has it\n"
        f"  git rm --cached app/{name} && echo .env >> {home}/.gitignore; then change it"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".env", "POSTGRES_PASSWORD=postgres\nSECRET_KEY=dev-secret-change-in-production\nURL=hidden-9f8e7d6c5b4a\n"),
        (".env.example", "SECRET_KEY=hidden-9f8e7d6c5b4a\n"),
        (".flaskenv", "SECRET_KEY=hidden-9f8e7d6c5b4a\n"),
    ],
)
def test_it_is_none(app: Path, name: str, text: str) -> None:
    commit(app, name, text)
    check_nothing_committed([app])


def test_git_does_not_have_it(app: Path) -> None:
    (app / ".env").write_text("SECRET_KEY=hidden-9f8e7d6c5b4a\n")
    check_nothing_committed([app, Path.cwd()])
    commit(app, ".env", "SECRET_KEY=hidden-9f8e7d6c5b4a\n")
    (app / ".env").unlink()
    check_nothing_committed([app])
