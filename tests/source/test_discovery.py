"""The app in a source, found as `flask` and the files of other tools name it; what is found, Gunicorn can import."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.source.test_requirements import of
from tests.source.test_source import loaded, refusal, write
from windlass.errors import SourceError
from windlass.source.discovery import candidates, discover

if TYPE_CHECKING:
    from pathlib import Path

APP = "from flask import Flask\napp = Flask(__name__)\n"
MAKE = "from flask import Flask\ndef create_app(test_config=None):\n    return Flask(__name__)\n"
NEEDY = "from flask import Flask\ndef create_app(config):\n    return Flask(__name__)\n"
OTHER = "import flask\n\nserver = flask.Flask(__name__)\n"

# What a source has, and what is found: wsgi, folder, place.
FOUND: dict[str, tuple[dict[str, str], tuple[str, str, str]]] = {
    "app.py": ({"app.py": APP}, ("app:app", ".", "app.py:2")),
    "wsgi.py before app.py": (
        {"app.py": APP, "wsgi.py": "from app import app as application\n"},
        ("wsgi:application", ".", "app.py:2"),
    ),
    "another name": ({"app.py": OTHER}, ("app:server", ".", "app.py:3")),
    "a factory": ({"app.py": MAKE}, ("app:create_app()", ".", "app.py:2")),
    "a factory of another name": (
        {"app.py": MAKE.replace("create_app", "make_app")},
        ("app:make_app()", ".", "app.py:2"),
    ),
    "an app before a factory": ({"app.py": MAKE + "app = create_app()\n"}, ("app:app", ".", "app.py:4")),
    "an app for scripts alone": (
        {"app.py": MAKE + 'if __name__ == "__main__":\n    app = create_app()\n    app.run()\n'},
        ("app:create_app()", ".", "app.py:2"),
    ),
    "an app in a branch": (
        {"app.py": "from flask import Flask\ntry:\n    app = Flask('x')\nexcept OSError:\n    raise\n"},
        ("app:app", ".", "app.py:3"),
    ),
    "an own kind of Flask": (
        {"app.py": "import flask\nclass Site(flask.Flask):\n    pass\nsite = Site(__name__)\n"},
        ("app:site", ".", "app.py:4"),
    ),
    "a function that is no factory by its name": (
        {"app.py": "from web import build\nsite = build()\n", "web.py": MAKE.replace("create_app", "build")},
        ("app:site", ".", "app.py:2"),
    ),
    "what is no app by that name": (
        {"app.py": "from flask import Flask\nimport json as app\napplication = None\nx = Flask('x')\n"},
        ("app:x", ".", "app.py:4"),
    ),
    "a plain WSGI function": (
        {"wsgi.py": "def app(environ, start_response):\n    return []\n"},
        ("wsgi:app", ".", "wsgi.py:1"),
    ),
    "middleware": (
        {"wsgi.py": "from werkzeug.middleware.proxy_fix import ProxyFix\nfrom shop import app\napp = ProxyFix(app)\n",
         "shop.py": APP},
        ("wsgi:app", ".", "wsgi.py:3"),
    ),
    "a module of any name": ({"shop.py": APP}, ("shop:app", ".", "shop.py:2")),
    "a module with an unguarded run": ({"shop.py": f"{APP}x = 1\n"}, ("shop:app", ".", "shop.py:2")),
    "the usual names first": ({"main.py": APP, "else.py": APP, "tests.py": APP}, ("main:app", ".", "main.py:2")),
    "a package": (
        {"flaskr/__init__.py": MAKE, "flaskr/db.py": ""}, ("flaskr:create_app()", ".", "flaskr/__init__.py:2")),
    "a package that has it from elsewhere": (
        {"shop/__init__.py": "from .web import create_app\n", "shop/web.py": MAKE},
        ("shop:create_app()", ".", "shop/web.py:2"),
    ),
    "a package below src": (
        {"src/task_app/__init__.py": MAKE, "make_celery.py": "from task_app import create_app\nx = create_app()\n"},
        ("task_app:create_app()", "src", "src/task_app/__init__.py:2"),
    ),
    "a module of a package": (
        {"shop/__init__.py": "", "shop/web.py": APP}, ("shop.web:app", ".", "shop/web.py:2")),
    "a module beside a package": (
        {"blog.py": "from app import create_app\napp = create_app()\n",
         "app/__init__.py": NEEDY.replace("config", "c=1")},
        ("blog:app", ".", "blog.py:2"),
    ),
    "a module that has it from its package": (
        {"cli.py": "from shop import app\n", "shop/__init__.py": APP},
        ("shop:app", ".", "shop/__init__.py:2"),
    ),
    "a folder that is no package": ({"app/app.py": APP, "app/x.py": ""}, ("app:app", "app", "app/app.py:2")),
    "a Procfile": (
        {"Procfile": "release: flask db upgrade\nweb: gunicorn -w 4 --bind=:$PORT 'shop.web:create_app()' --log-file -",
         "app.py": APP, "shop/__init__.py": "", "shop/web.py": MAKE},
        ("shop.web:create_app()", ".", "shop/web.py:2"),
    ),
    "a Procfile that goes to a folder": (
        {"Procfile": "web: cd web && gunicorn shop.main:server", "web/shop/__init__.py": "", "web/shop/main.py": OTHER,
         "app.py": APP},
        ("shop.main:server", "web", "web/shop/main.py:3"),
    ),
    "a Procfile of what is gone": ({"Procfile": "web: gunicorn gone:app", "app.py": APP}, ("app:app", ".", "app.py:2")),
    "a Procfile of another server": (
        {"Procfile": "web: waitress-serve --port=$PORT --call shop:create_app", "shop.py": MAKE, "app.py": APP},
        ("shop:create_app()", ".", "shop.py:2"),
    ),
    "a Procfile with a script": (
        {"Procfile": "web: python3 web.py", "web.py": OTHER, "app.py": APP}, ("web:server", ".", "web.py:3")),
    "a Dockerfile": (
        {"Dockerfile": 'FROM python\nENTRYPOINT ["gunicorn"]\nCMD ["--chdir", "/app", "-b:80", "shop:server"]\n',
         "shop.py": OTHER, "app.py": APP},
        ("shop:server", ".", "shop.py:3"),
    ),
    "a Dockerfile with a shell": (
        {"Dockerfile": "FROM a\nCMD flask db upgrade && \\\n  exec gunicorn shop:server\n", "shop.py": OTHER},
        ("shop:server", ".", "shop.py:3"),
    ),
    "a Dockerfile's variable": (
        {"Dockerfile": "FROM a\nENV FLASK_APP=shop.py FLASK_ENV=production\nCMD flask run\n",
         "shop.py": OTHER, "app.py": APP},
        ("shop:server", ".", "shop.py:3"),
    ),
    ".flaskenv": (
        {".flaskenv": "FLASK_APP=shop.py\n", "shop.py": OTHER, "app.py": APP}, ("shop:server", ".", "shop.py:3")),
    ".flaskenv with a folder": (
        {".flaskenv": "FLASK_APP=src/shop:server", "src/shop/__init__.py": OTHER, "app.py": APP},
        ("shop:server", "src", "src/shop/__init__.py:3"),
    ),
    ".flaskenv with a factory": (
        {".flaskenv": "FLASK_APP=\"shop:create_app('x')\"", "shop.py": NEEDY},
        ("shop:create_app('x')", ".", "shop.py:2")),
    "Gunicorn's configuration": (
        {"gunicorn.conf.py": "workers = 2\nwsgi_app = 'shop:server'\n", "shop.py": OTHER, "app.py": APP},
        ("shop:server", ".", "shop.py:3"),
    ),
    "Python of another time": ({"old.py": "print 'x'\n", "app.py": APP}, ("app:app", ".", "app.py:2")),
    "not to be parsed": ({"deep.py": "x = " + "(" * 5000, "app.py": APP}, ("app:app", ".", "app.py:2")),
    "a circle": (
        {"a.py": "from b import app\n", "b.py": "from a import app\n", "main.py": APP}, ("main:app", ".", "main.py:2")),
}  # fmt: skip


@pytest.mark.parametrize("case", FOUND)
def test_found(case: str) -> None:
    files, expected = FOUND[case]
    found = discover(of(files))
    assert (found.wsgi, found.folder, found.place) == expected


IMPORTER = """
import json, os, sys
from gunicorn.util import import_app
for folder, wsgi in json.load(sys.stdin):
    if os.fork() == 0:
        os.chdir(folder)
        sys.path.insert(0, folder)
        import_app(wsgi)
        print(folder, wsgi, flush=True)
        os._exit(0)
    os.wait()
"""


def test_gunicorn_can_import_all_of_them(tmp_path: Path) -> None:
    asked = []
    for number, (files, (wsgi, folder, _)) in enumerate(FOUND.values()):
        write(tmp_path / str(number), files)
        asked.append((str(tmp_path / str(number) / folder), wsgi))
    done = subprocess.run([sys.executable, "-c", IMPORTER], input=json.dumps(asked), capture_output=True, text=True)
    assert done.stdout.splitlines() == [f"{folder} {wsgi}" for folder, wsgi in asked], done.stderr


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "nothing": (
        {"x.py": "import os\n", "dash.py": "from dash import Dash\nx = Dash()\n"},
        (
            "app: no app is found in it: no Flask object, and no create_app() or make_app()\n"
            "  Name it: `wsgi: MODULE:APP` or `wsgi: MODULE:FACTORY()`."
        ),
    ),
    "nothing at the top": (
        {"services/web/requirements.txt": "flask\n", "services/web/src/__init__.py": MAKE, "client/app.py": "x = 1\n"},
        (
            "app: no app is found in it: no Flask object, and no create_app() or make_app()\n"
            "  Name it: `wsgi: MODULE:APP` or `wsgi: MODULE:FACTORY()`. There is one with `subdirectory: services/web`."
        ),
    ),
    "several": (
        {"shop.py": APP, "admin.py": OTHER + "app = server\n"},
        (
            "app: several could be the app: admin:app (admin.py:4), shop:app (shop.py:2)\n"
            "  Say which, for example `wsgi: admin:app`."
        ),
    ),
    "a factory that needs something": (
        {"shop/__init__.py": NEEDY},
        (
            "app/shop/__init__.py:2: create_app makes the app, and needs config\n"
            "  Give it there, as in `wsgi: shop:create_app('production')`, or a default in the code."
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    files, message = REFUSED[case]
    with pytest.raises(SourceError) as raised:
        discover(of(files))
    assert str(raised.value) == message


def test_all_that_may_be_it() -> None:
    found = candidates(
        of({"app.py": APP, "admin.py": APP, "shop/__init__.py": NEEDY, "Procfile": "web: gunicorn app:app"})
    )
    assert [(each.wsgi, each.why, each.needs) for each in found] == [
        ("app:app", "Procfile:1", ()),
        ("admin:app", "it lies there", ()),
        ("shop:create_app()", "it lies there", ("config",)),
    ]


GIVEN: dict[str, tuple[dict[str, str], str, str]] = {
    "a factory without ()": (
        {"shop.py": MAKE},
        "shop:create_app",
        "hello/shop.py:2: create_app is a function that makes the app, and no app\n  Write `wsgi: shop:create_app()`.",
    ),
    "an app with ()": (
        {"shop.py": APP},
        "shop:app()",
        "hello/shop.py: app is the app, and no function that makes it\n  Write `wsgi: shop:app`.",
    ),
    "a factory that needs something": (
        {"shop.py": NEEDY},
        "shop:create_app()",
        (
            "hello/shop.py:2: create_app makes the app, and needs config\n"
            "  Give it there, as in `wsgi: shop:create_app('production')`, or a default in the code."
        ),
    ),
    "a name that is misspelt": (
        {"shop.py": APP},
        "shop:ap",
        "hello/shop.py: there is no ap, which `wsgi: shop:ap` names\n  Did you mean `wsgi: shop:app`?",
    ),
    "a name that is not there": (
        {"shop.py": OTHER},
        "shop:app",
        "hello/shop.py: there is no app, which `wsgi: shop:app` names\n  Did you mean `wsgi: shop:server`?",
    ),
    "no app in it": (
        {"shop.py": "import os\n"},
        "shop:app",
        "hello/shop.py: there is no app, which `wsgi: shop:app` names\n  Correct `wsgi`.",
    ),
    "a module that is not there": (
        {"src/web.py": APP},
        "shop:app",
        (
            "hello: there is no module 'shop', which `wsgi: shop:app` names: no shop.py and no src/shop.py\n"
            "  Correct `wsgi`, or say with `python_path` in which folder the module lies. There is `wsgi: web:app`"
            " (src/web.py:2)."
        ),
    ),
    "a folder that is no package": (
        {"web/app.py": APP},
        "app:app",
        (
            "hello: there is no module 'app', which `wsgi: app:app` names: no app.py and no src/app.py\n"
            "  Correct `wsgi`, or say with `python_path` in which folder the module lies. There is `wsgi: app:app`"
            " with `python_path: [web]` (web/app.py:2)."
        ),
    ),
}


@pytest.mark.parametrize("case", GIVEN)
def test_what_the_settings_name_wrongly(case: str, tmp_path: Path) -> None:
    files, wsgi, message = GIVEN[case]
    write(tmp_path / "hello", {**files, "requirements.txt": "flask\n"})
    assert refusal(tmp_path, wsgi=wsgi) == f"app hello: {message}"


@pytest.mark.parametrize(
    ("text", "wsgi"),
    [
        ("from flask import *\n", "hello:app"),
        ("def __getattr__(name): ...\n", "hello:app"),
        ("exec('app = 1')\n", "hello:app"),
        ("def make():\n    global app\n    app = 1\nmake()\n", "hello:app"),
        ("with open('x') as (app, y): ...\n", "hello:app"),
        ("(app := 1)\n", "hello:app"),
        ("for app in []: ...\n", "hello:app"),
        ("app, x = 1, 2\n", "hello:app"),
        ("import x as app\n", "hello:app"),
        ("if True:\n    class app: ...\n", "hello:app"),
        ("print 'old'\n", "hello:app"),
        (NEEDY, "hello:create_app('x')"),
        ("def app(environ, start_response): ...\n", "hello:app"),
        ("from x import app\n", "hello:app()"),
        ("import functools\n@functools.cache\ndef create_app(x): ...\n", "hello:create_app()"),
    ],
)
def test_what_may_be_there_is_let_be(text: str, wsgi: str, tmp_path: Path) -> None:
    write(tmp_path / "hello", {"hello.py": text, "requirements.txt": "flask\n"})
    assert loaded(tmp_path, wsgi=wsgi).wsgi == wsgi


def test_wsgi_may_be_left_out(tmp_path: Path) -> None:
    write(tmp_path / "hello", {"src/shop/__init__.py": MAKE, "requirements.txt": "flask\n"})
    found = loaded(tmp_path, wsgi=None)
    assert (found.wsgi, found.python_path) == ("shop:create_app()", ("src",))
