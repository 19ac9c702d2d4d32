"""Which environment variables an app reads, and which it cannot do without."""

from __future__ import annotations

import pytest

from tests.source.reading.sources import source
from windlass.source.reading.code import Code
from windlass.source.reading.variables import keys_in_the_code, random_keys, variables


def read(text: str) -> dict[str, tuple[bool, bool]]:
    """Name -> whether it is required, and whether it signs."""
    return {each.name: (each.required, each.signing) for each in variables(Code(source(text)))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('x = os.environ["DATABASE_URL"]', (True, False)),
        ('x = os.getenv("MAIL_SERVER")', (False, False)),
        ('x = os.environ.get("MAIL_SERVER", "localhost")', (False, False)),
        ('SECRET_KEY = os.environ.get("SECRET_KEY") or "guess"', (True, True)),
        ('SECRET_KEY = os.environ.get("CONDUIT_KEY", "guess")', (True, True)),
        ('app.secret_key = os.environ["SHOP_SECRET"]', (True, True)),
        ('x = os.environ.get("STRIPE_SECRET_KEY")', (False, False)),
        ('try:\n    x = os.environ["PLACE"]\nexcept KeyError:\n    x = ""', (False, False)),
        ('x = os.environ["PLACE"] if "PLACE" in os.environ else ""', (False, False)),
        ('from decouple import config\nx = config("PLACE")', (True, False)),
        ('from decouple import config\nx = config("PLACE", default="")', (False, False)),
        ('from environs import Env\nx = env.str("PLACE")', (True, False)),
        ("class Settings(BaseSettings):\n    place: str", (True, False)),
        (
            'class Settings(BaseSettings):\n    model_config = Config(env_prefix="SHOP_")\n    place: str = ""',
            (False, False),
        ),
        ('app.config["SECRET_KEY"] = "dev"\napp.config.from_prefixed_env()', (True, True)),
        ('app.config["SECRET_KEY"] = "dev"\napp.config.from_prefixed_env("SHOP")', (True, True)),
    ],
)
def test_what_is_read(text: str, expected: tuple[bool, bool]) -> None:
    assert list(read(text).values()) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        'config("PLACE")',
        'os.environ["FLASK_ENV"]',
        'os.environ["HOME"]',
        'os.environ["STATE_DIRECTORY"]',
        'os.environ["SET"] = "x"',
        'app.config["PLACE"]',
        "os.environ[name]",
    ],
)
def test_what_is_not(text: str) -> None:
    assert read(text) == {}


def test_a_start_by_hand_needs_nothing_here() -> None:
    assert read('if __name__ == "__main__":\n    app.run(port=os.environ["SHOP_PORT"])') == {
        "SHOP_PORT": (False, False)
    }


def test_keys_in_the_code_and_random_ones_are_told_with_their_place() -> None:
    texts = Code(source('app.secret_key = "dev"\n'))
    assert [(found.value, found.place) for found in keys_in_the_code(texts)] == [("'dev'", "app.py:1")]
    made = Code(source('\napp.config["SECRET_KEY"] = secrets.token_hex(16)\n'))
    assert [(found.value, found.place) for found in random_keys(made)] == [("secrets.token_hex", "app.py:2")]
    assert keys_in_the_code(made) == random_keys(texts) == []
