"""What a Procfile, a Dockerfile and .flaskenv say of an app."""

from __future__ import annotations

import pytest

from tests.source.test_requirements import of
from windlass.source.declared import dockerfile, flaskenv, procfile
from windlass.source.dockerfile import Dockerfile
from windlass.source.started import Server, served

DOCKERFILE = """\
# syntax=docker/dockerfile:1
FROM python:3.12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends \\
    # for psycopg
    gcc libpq-dev=15.* \\
 && rm -rf /var/lib/apt/lists/*
ENV GONE=1
EXPOSE 1
CMD ["gone"]
FROM python:3.12-slim
RUN set -e; apt -y install libpq5
WORKDIR /app
ENV FLASK_APP=shop.py \\
    NAME="two words"
ENV OLD way of it
EXPOSE 8000 9000/tcp 53/udp
ENTRYPOINT ["./boot.sh"]
CMD ["--workers", "4", "shop:app"]
"""


def test_procfile() -> None:
    found = procfile(
        of({"Procfile": "# x\n\nweb: gunicorn app:app \r\nrelease:flask db upgrade\nnonsense\nworker : rq\n"})
    )
    assert {kind: (each.command, each.place) for kind, each in found.items()} == {
        "web": ("gunicorn app:app", "Procfile:3"),
        "release": ("flask db upgrade", "Procfile:4"),
        "worker": ("rq", "Procfile:6"),
    }
    assert procfile(of({"x": ""})) == {}


def test_dockerfile() -> None:
    assert dockerfile(of({"Dockerfile": DOCKERFILE})) == Dockerfile(
        command="./boot.sh --workers 4 shop:app",
        place="Dockerfile:18",
        env={"FLASK_APP": "shop.py", "NAME": "two words", "OLD": "way of it"},
        packages=("gcc", "libpq-dev", "libpq5"),
    )
    assert dockerfile(of({"x": ""})) == Dockerfile()
    odd = dockerfile(of({"Dockerfile": 'FROM x\nCMD [oops\nENV "\nENTRYPOINT\n'}))
    assert odd.command == "[oops"


def test_flaskenv() -> None:
    found = flaskenv(of({".flaskenv": "FLASK_APP=shop.py\nexport X='${Y}'\nnonsense\n"}))
    assert found == {"FLASK_APP": "shop.py", "X": "${Y}"}


@pytest.mark.parametrize(
    ("command", "server"),
    [
        ("gunicorn app:app", Server("app:app")),
        ("gunicorn", Server(None)),
        ("exec gunicorn -w4 -k gevent --timeout=90 --preload -b 0.0.0.0:80 app:app",
         Server("app:app", {"--workers": "4", "--worker-class": "gevent", "--timeout": "90", "--preload": "",
                            "--bind": "0.0.0.0:80"})),
        ("cd src && PORT=1 poetry run python3 -m gunicorn 'app:make_app()'", Server("app:make_app()", folder="src")),
        ("cd a; cd b && gunicorn --chdir=./c/ app:app", Server("app:app", {"--chdir": "./c/"}, "a/b/c")),
        ("cd $HOME && gunicorn app:app", Server("app:app")),
        ("cd /app && gunicorn app:app", Server("app:app")),
        ("/venv/bin/gunicorn app:app --workers", Server("app:app", {"--workers": ""})),
        ('sh -c "flask db upgrade; gunicorn app:app"', Server("app:app")),
        ("newrelic-admin run-program gunicorn app:app", Server("app:app")),
        ("flask --app shop run", Server("shop")),
        ("flask -A shop:app run", Server("shop:app")),
        ("flask run", Server(None)),
        ("uwsgi --http :80 --module=shop:app", Server("shop:app")),
        ("waitress-serve --listen=*:80 shop:app", Server("shop:app")),
        ("waitress-serve --call shop:create_app", Server("shop:create_app()")),
        ("python app.py", Server("app.py")),
        ("node server.js", Server(None)),
        ("'", Server(None)),
        ("", Server(None)),
    ],
)  # fmt: skip
def test_what_a_command_serves(command: str, server: Server) -> None:
    assert served(command) == server
