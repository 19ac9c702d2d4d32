"""A real browser, and the app for it to visit."""

import itertools
import re
from pathlib import Path

import pytest
from flask_migrate import upgrade
from playwright.sync_api import sync_playwright

from shortener import create_app

from ..server import serving

CHROMIUM = "/usr/bin/chromium"
ADDRESSES = itertools.count(1)
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@pytest.fixture(scope="package")
def folder(tmp_path_factory):
    """Where the app has its database."""
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="package")
def environ(folder):
    """With a limit that is soon reached."""
    return {
        "SECRET_KEY": "9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a9c0b2d4f6e",
        "DATABASE_URL": f"sqlite:///{folder}/links.db",
        "LIMIT_CREATE": "1000 per minute",
        "LIMIT_LOGIN": "6 per hour",
        "PRIVATE_TARGETS": "allow",
    }


@pytest.fixture(scope="package")
def engine(environ):
    """The database, ready to serve."""
    app = create_app(environ)
    with app.app_context():
        upgrade()
    yield app.extensions["engine"]
    app.extensions["engine"].dispose()


@pytest.fixture(scope="package")
def site(environ, folder, engine):
    """The address of the app; browsers trust `localhost` as they trust https."""
    with serving(environ, folder, "--workers=1", "--threads=4", bind="localhost:0") as server:
        port = re.search(r"Listening at: http://\S+:(\d+)", server.said)[1]
        yield f"http://localhost:{port}"


@pytest.fixture(scope="package")
def chromium():
    """Debian's Chromium."""
    if not Path(CHROMIUM).exists():
        pytest.fail("Chromium is not installed; on Debian: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, site):
    """Opens a window of a new visitor; what the browser complains about fails the test."""
    complaints = []
    contexts = []

    def open_page(path="/", **options):
        # Each comes from an address of their own, so that none uses up the limits of another.
        origin = {"X-Forwarded-For": f"192.0.2.{next(ADDRESSES)}"}
        options = {"viewport": DESKTOP, "extra_http_headers": origin} | options
        context = chromium.new_context(base_url=site, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    # Chromium complains of every answer that is an error, also of those that the tests are about.
    assert not [line for line in complaints if "the server responded with a status of 4" not in line]
