"""The app as its server makes it: from an environment, with a real database, behind https."""

import re
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_migrate import upgrade

SOURCE = Path(__file__).parents[2] / "sample_app"
sys.path.insert(0, str(SOURCE))

from shortener import create_app  # noqa: E402

TOKEN = re.compile(r'name="csrf_token" type="hidden" value="([^"]+)"')


class Visitor(FlaskClient):
    """A browser at https://short.example."""

    def open(self, *args, **kwargs):
        kwargs.setdefault("base_url", "https://short.example")
        return super().open(*args, **kwargs)

    def submit(self, target, **kwargs):
        """Fill in the form as a visitor would, its hidden token included, and return the answer."""
        token = TOKEN.search(self.get("/").text).group(1)
        return self.post("/", data={"target": target, "csrf_token": token}, **kwargs)

    def shorten(self, target):
        """The code of a link to `target`."""
        return self.submit(target).headers["Location"].removeprefix("/links/")


@pytest.fixture
def environ(tmp_path):
    """An environment that is fit for production."""
    return {
        "SECRET_KEY": "9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a9c0b2d4f6e",
        "DATABASE_URL": f"sqlite:///{tmp_path}/links.db",
    }


@pytest.fixture
def unmigrated(environ):
    """The app with a database that has no tables yet."""
    app = create_app(environ)
    app.test_client_class = Visitor
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def app(unmigrated):
    """The app, ready to serve."""
    with unmigrated.app_context():
        upgrade()
    return unmigrated


@pytest.fixture
def visitor(app):
    """A visitor with a browser of their own."""
    return app.test_client()
