"""What is told of a `.env` beside an app's code, and of its secret key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.secrets.left_behind import of_env, of_keys
from windlass.source.weak_keys import WeakKey

if TYPE_CHECKING:
    from pathlib import Path


def test_names_that_the_app_lacks(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "SECRET_KEY=hidden\nLOG_LEVEL=hidden\nexport API_TOKEN=hidden\nMAIL_SERVER='hidden'\nFLASK_DEBUG=1\n"
        "GIVEN=hidden\n"
        "SECRET_KEY=hidden\nnonsense\n"
    )
    assert "\n".join(of_env("shop", tmp_path, {"GIVEN"})) == (
        f"app shop: {tmp_path}/.env stays here, and sets what the app lacks on the host:\n"
        "  ./deploy.py secrets set SECRET_KEY --app shop\n"
        "  ./deploy.py secrets set API_TOKEN --app shop\n"
        "  env: {LOG_LEVEL: ..., MAIL_SERVER: ...}"
    )
    assert of_env("shop", tmp_path, {"GIVEN", "SECRET_KEY", "API_TOKEN", "LOG_LEVEL", "MAIL_SERVER"}) == []


def test_none_there(tmp_path: Path) -> None:
    assert of_env("shop", tmp_path, ()) == []
    (tmp_path / ".env").mkdir()
    assert of_env("shop", tmp_path, ()) == []


def test_keys() -> None:
    keys = [WeakKey("shop/__init__.py:8", fallback=False), WeakKey("config.py:3", fallback=True)]
    generate = "./deploy.py secrets generate SECRET_KEY --app shop"
    literal = (
        "app shop: ../shop/shop/__init__.py:8: SECRET_KEY is one that everybody knows: let the code read"
        f" os.environ['SECRET_KEY'], and {generate}"
    )
    assert of_keys("shop", "../shop", keys, {"SECRET_KEY"}) == [literal]
    assert of_keys("shop", "../shop", keys, ()) == [
        literal,
        f"app shop: ../shop/config.py:3: without SECRET_KEY, it is one that everybody knows: {generate}",
    ]
