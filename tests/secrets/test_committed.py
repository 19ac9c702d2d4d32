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


@pytest.mark.parametrize("name", [".env", "deep/.env", ".env.production", "deep/.env.local", "shop.env", "deep/a.env"])
def test_it_is_refused(app: Path, name: str) -> None:
    commit(app, name, "PORT=1\nSECRET_KEY=hidden-9f8e7d6c5b4a\n")
    with pytest.raises(InventoryError) as raised:
        check_nothing_committed([app, app, app.parent])
    home = (Path("app") / name).parent
    assert str(raised.value) == (
        f"app/{name}: git tracks this file, and SECRET_KEY in it is a secret: everybody with the repository has it\n"
        f"  git rm --cached app/{name} && echo {Path(name).name} >> {home}/.gitignore; then change it"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".env", "API_KEY=changeme\nSECRET_KEY=dev-secret-change-in-production\nURL=hidden-9f8e7d6c5b4a\nTOKEN=\n"),
        (".env", "DATABASE_URL=postgresql://shop:changeme@localhost/shop\nTOKEN\nREDIS_URL=redis://localhost/0\n"),
        (".env.example", "SECRET_KEY=hidden-9f8e7d6c5b4a\n"),
        (".env.production.sample", "SECRET_KEY=hidden-9f8e7d6c5b4a\n"),
        ("template.env", "SECRET_KEY=hidden-9f8e7d6c5b4a\n"),
        ("deep/.env.dist", "SECRET_KEY=hidden-9f8e7d6c5b4a\n"),
        (".flaskenv", "SECRET_KEY=hidden-9f8e7d6c5b4a\n"),
    ],
)
def test_it_is_none(app: Path, name: str, text: str) -> None:
    commit(app, name, text)
    check_nothing_committed([app])


@pytest.mark.parametrize(
    ("name", "value"), [("PASSWORD", "hunter2"), ("DATABASE_URL", "postgresql://shop:hunter2@db.test/shop")]
)
def test_short_ones_and_those_in_urls(app: Path, name: str, value: str) -> None:
    commit(app, ".env", f"{name}={value}\n")
    with pytest.raises(
        InventoryError, match=f"^app/.env: git tracks this file, and {name} in it is a secret"
    ) as raised:
        check_nothing_committed([app])
    assert "hunter2" not in str(raised.value)


def test_git_does_not_answer(app: Path) -> None:
    (app / ".git/HEAD").unlink()
    with pytest.raises(
        InventoryError, match=r"^app: git does not say whether it has the secrets here: fatal: not a git"
    ):
        check_nothing_committed([app])


def test_git_does_not_have_it(app: Path) -> None:
    (app / ".env").write_text("SECRET_KEY=hidden-9f8e7d6c5b4a\n")
    check_nothing_committed([app, Path.cwd()])
    commit(app, ".env", "SECRET_KEY=hidden-9f8e7d6c5b4a\n")
    (app / ".env").unlink()
    check_nothing_committed([app])
