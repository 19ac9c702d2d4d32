"""The app as its server makes it: from an environment, with a real database (both kinds), behind https."""

import re
import shutil
import sys
from functools import partial
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_migrate import upgrade
from werkzeug.security import generate_password_hash

SOURCE = Path(__file__).parents[2] / "sample_app"
sys.path.insert(0, str(SOURCE))

from shortener import create_app, users  # noqa: E402
from shortener.rates import limiter  # noqa: E402
from tests.own_folder import own_folder  # noqa: E402

from .postgres import PostgresServer  # noqa: E402
from .redis_server import redis_server  # noqa: E402

TOKEN = re.compile(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"')
SECRET_KEY = "9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a9c0b2d4f6e"
PASSWORD = "correct horse battery staple"
# For tests of what only SQLite does.
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Visitor(FlaskClient):
    """A browser at https://short.example."""

    def open(self, *args, **kwargs):
        kwargs.setdefault("base_url", "https://short.example")
        return super().open(*args, **kwargs)

    def submit(self, target="https://example.com/", path="/", **fields):
        """Fill in the form at `path` as a visitor would, its hidden token included, and return the answer."""
        token = TOKEN.search(self.get(path).text).group(1)
        fields = fields if path != "/" else {"target": target, **fields}
        return self.post(path, data={"csrf_token": token, **fields})

    def shorten(self, target="https://example.com/", **fields):
        """The code of a link to `target`."""
        answer = self.submit(target, **fields)
        assert answer.status_code == 303, answer.text
        return answer.location.removeprefix("/links/")

    def register(self, name="alice"):
        """Make an account, and be logged in."""
        answer = self.submit(path="/register", name=name, password=PASSWORD)
        assert answer.status_code == 303, answer.text
        return self

    def visits(self, code):
        """How many the link's page shows, when all that was counted is written."""
        self.application.extensions["visits"].write()
        return int(re.search(r"<dt>Visits</dt><dd>([\d,]+)</dd>", self.get(f"/links/{code}").text)[1].replace(",", ""))


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server."""
    # Not below pytest's own folder: that is for one user alone.
    with own_folder("pg") as folder:
        server = PostgresServer(folder)
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def redis_url():
    """A Redis server."""
    with redis_server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request, tmp_path):
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/links.db"
    server = request.getfixturevalue("postgres")
    server.empty()
    return server.url


@pytest.fixture
def environ(database_url):
    """An environment that is fit for production."""
    return {
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": database_url,
        "LIMIT_CREATE": "10000 per minute",
        "LIMIT_LOGIN": "10000 per minute",
        "PRIVATE_TARGETS": "allow",  # no test depends on a name server
    }


@pytest.fixture
def hash_method():
    """Werkzeug's method for passwords, at a thirtieth of what it costs in production (None): tests have many users."""
    return "scrypt:1024:8:1"


@pytest.fixture
def unmigrated(environ, hash_method, monkeypatch):
    """The app with a database that has no tables yet."""
    if hash_method:
        monkeypatch.setattr(users, "generate_password_hash", partial(generate_password_hash, method=hash_method))
        monkeypatch.setattr(users, "NOBODYS_HASH", users.generate_password_hash(PASSWORD[::-1]))
    app = create_app(environ)
    app.test_client_class = Visitor
    limiter._storage_dead = False  # one test's locked database is not the next one's
    yield app
    app.extensions["visits"].write()
    app.extensions["engine"].dispose()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """An SQLite database with all tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "links.db"
    app = create_app({"SECRET_KEY": SECRET_KEY, "DATABASE_URL": f"sqlite:///{path}"})
    with app.app_context():
        upgrade()
    app.extensions["engine"].dispose()
    return path


@pytest.fixture
def app(unmigrated, database_url, migrated):
    """The app, ready to serve."""
    if database_url.startswith("sqlite"):
        shutil.copy(migrated, database_url.removeprefix("sqlite:///"))
    else:
        with unmigrated.app_context():
            upgrade()
    return unmigrated


@pytest.fixture
def visitor(app):
    """A visitor with a browser of their own."""
    return app.test_client()


@pytest.fixture
def alice(app):
    """A visitor with an account, logged in."""
    return app.test_client().register("alice")


@pytest.fixture
def bob(app):
    """Another one."""
    return app.test_client().register("bob")
