"""How an app wants to be run."""

from __future__ import annotations

import pytest

from tests.source.reading.sources import source
from windlass.source.reading import running
from windlass.source.reading.code import Code, Found

FLASK = "from flask import Flask, Blueprint\nimport click\napp = Flask(__name__)\n"


def code(files: dict[str, str] | str) -> Code:
    """Code of these files."""
    return Code(source(files))


def test_migrations() -> None:
    alembic = {"migrations/env.py": "", "migrations/script.py.mako": ""}
    assert running.migrations(code({**alembic, "app.py": "import flask_migrate"})) == Found(
        "flask db upgrade", "migrations/env.py"
    )
    elsewhere = {"shop/db/env.py": "", "shop/db/script.py.mako": "", "app.py": "import flask_migrate\nMigrate()"}
    assert running.migrations(code(elsewhere)) == Found("flask db upgrade --directory shop/db", "shop/db/env.py")
    said = {**elsewhere, "app.py": 'import flask_migrate\nmigrate.init_app(app, db, directory="shop/db")'}
    assert running.migrations(code(said)) == Found("flask db upgrade", "shop/db/env.py")
    assert running.migrations(code({**alembic, "alembic.ini": "", "app.py": FLASK})) == Found(
        "alembic upgrade head", "migrations/env.py"
    )
    assert running.migrations(code({**alembic, "app.py": FLASK})) is None
    assert running.migrations(code({"env.py": FLASK})) is None


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('@click.command("init-db")\ndef make():\n    pass\n', "flask init-db"),
        ("@app.cli.command()\ndef init_db():\n    pass\n", "flask init-db"),
        ("@app.cli.command\ndef create_tables():\n    pass\n", "flask create-tables"),
        (
            'shop = Blueprint("shop", __name__)\n@shop.cli.command("create-db")\ndef make():\n    pass\n',
            "flask shop create-db",
        ),
        (
            'if __name__ == "__main__":\n    with app.app_context():\n        db.create_all()\n    app.run()\n',
            "python -c 'from app import app, db; app.app_context().push(); db.create_all()'",
        ),
        (
            'def init_db():\n    pass\nif __name__ == "__main__":\n    init_db()\n    app.run()\n',
            "python -c 'from app import app, init_db; app.app_context().push(); init_db()'",
        ),
        ("with app.app_context():\n    db.create_all()\n", None),
        ('def init_db():\n    pass\ninit_db()\nif __name__ == "__main__":\n    init_db()\n', None),
        ('@click.command("import-orders")\ndef orders():\n    pass\n', None),
    ],
)
def test_what_prepares_a_database(text: str, command: str | None) -> None:
    found = running.setup(code(FLASK + text))
    assert (found.value if found else None) == command


def test_static_files() -> None:
    files = {"shop/__init__.py": FLASK, "shop/static/shop.css": ""}
    assert running.static(code(files)) == Found("shop/static", "shop/__init__.py:3")
    assert running.static(code({"shop/__init__.py": FLASK})) is None
    other = files | {"shop/__init__.py": 'from flask import Flask\napp = Flask(__name__, static_url_path="/")\n'}
    assert running.static(code(other)) is None


def test_health() -> None:
    assert running.health(code(FLASK + '@app.route("/ping")\ndef ping(): pass\n')) == Found("/ping", "app.py:4")
    assert running.health(code(FLASK + '@shop.route("/ping")\ndef ping(): pass\n')) is None  # below some prefix
    assert running.health(code(FLASK + '@app.route("/pingpong")\ndef ping(): pass\n')) is None


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ('sock = Sock(app)\n@sock.route("/echo")\ndef echo(ws): pass\n', ["/echo"]),
        ('sock = flask_sock.Sock()\n@sock.route("/room/<name>")\ndef room(ws): pass\n', ["/room"]),
        (
            'bp = Blueprint("x", __name__, url_prefix="/chat")\nsock = Sock(bp)\n@sock.route("/ws")\ndef w(ws): pass\n',
            ["/chat/ws", "/ws"],
        ),
        ("import flask_socketio", ["/socket.io"]),
        ('sock = Sock(app)\n@app.route("/echo")\ndef echo(): pass\n', []),
    ],
)
def test_websockets(text: str, paths: list[str]) -> None:
    assert [found.value for found in running.websockets(code(FLASK + text))] == paths


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("app.secret_key = os.urandom(24)", "its secret key is made anew by each process"),
        ("import flask_socketio", "Flask-SocketIO keeps its visitors in one process"),
        ("from apscheduler.schedulers import background", "its scheduler would run every job once in each process"),
        ("app.secret_key = 'x'", None),
    ],
)
def test_what_must_be_one_process(text: str, why: str | None) -> None:
    found = running.one_process(code(FLASK + text))
    assert (found.value if found else None) == why
