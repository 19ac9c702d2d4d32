"""The pages in a real browser: what a visitor does, what they see, and whether everybody can."""

import itertools
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask_migrate import upgrade
from playwright.sync_api import expect, sync_playwright
from sqlalchemy import text

from shortener import create_app

from .conftest import PASSWORD
from .server import serving

pytestmark = pytest.mark.browser
CHROMIUM = "/usr/bin/chromium"
PICTURES = Path(__file__).parents[2] / "build" / "screenshots"
LONG = "https://www.example.com/" + "a-very-long-path-without-a-place-to-break/" * 40 + "?q=%C3%BC"
ADDRESSES = itertools.count(1)
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of the app; browsers trust `localhost` as they trust https."""
    folder = tmp_path_factory.mktemp("site")
    environ = {
        "SECRET_KEY": "9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a9c0b2d4f6e",
        "DATABASE_URL": f"sqlite:///{folder}/links.db",
        "LIMIT_CREATE": "1000 per minute",
        "LIMIT_LOGIN": "6 per hour",
    }
    app = create_app(environ)
    with app.app_context():
        upgrade()
    with serving(environ, folder, "--workers=1", "--threads=4", bind="localhost:0") as server:
        port = re.search(r"Listening at: http://\S+:(\d+)", server.said)[1]
        Site.engine = app.extensions["engine"]
        yield f"http://localhost:{port}"
    app.extensions["engine"].dispose()


class Site:
    engine = None


@pytest.fixture(scope="module")
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


def register(page, name):
    page.goto("/register")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("status").first).to_contain_text(f"Welcome, {name}")


def shorten(page, target, **options):
    """The code of the link."""
    page.goto("/")
    page.get_by_label("Long address").fill(target)
    if options:
        page.get_by_text("Alias and expiry").click()
        for label, value in options.items():
            page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Shorten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your short link")
    return page.url.rsplit("/", 1)[1]


def accessible(page):
    """What axe-core finds wrong, of everything that it can check."""
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def fits(page):
    """Nobody has to scroll sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url


def pictures(page, name):
    """Look at the page as it is, in four ways; see that everybody can use it in both sizes and both schemes."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for device, size in (("phone", PHONE), ("desktop", DESKTOP)):
        page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=PICTURES / f"{name}-{device}-{scheme}.png", full_page=True)
            if (device, scheme) in {("phone", "dark"), ("desktop", "light")}:
                accessible(page)
        fits(page)


def test_pages_of_a_visitor(open_page):
    page = open_page()
    pictures(page, "home")
    page.get_by_label("Long address").fill("example.com/" + "x" * 300)
    page.get_by_text("Alias and expiry").click()
    page.get_by_label("Alias").fill("Not an alias!")
    page.get_by_label("Works until").fill("2020-01-01")
    page.get_by_role("button", name="Shorten").click()
    expect(page.get_by_role("alert")).to_have_count(3)
    expect(page.get_by_label("Alias")).to_have_value("Not an alias!")
    expect(page.get_by_label("Works until")).to_have_value("2020-01-01")
    pictures(page, "home-errors")
    shorten(page, "https://www.example.com/")
    pictures(page, "link")
    shorten(page, LONG)
    pictures(page, "link-long")
    for path, name in (("/no/such/page", "error-404"), ("/api/v1/", "api")):
        page.goto(path)
        pictures(page, name)


def test_pages_of_accounts(open_page):
    page = open_page("/login")
    pictures(page, "login")
    page.get_by_label("Name").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("no account")
    expect(page.get_by_label("Name")).to_have_value("nobody")
    pictures(page, "login-error")
    page.goto("/register")
    page.get_by_label("Name").fill("a")
    page.get_by_role("button", name="Register").click()
    pictures(page, "register-errors")
    register(page, "n" * 64)
    pictures(page, "links-empty")
    for number in range(22):
        shorten(page, f"https://www.example.com/{number}")
    shorten(page, LONG, Alias="z" * 64)
    expired = shorten(page, "https://www.example.com/expired", Alias="summer-sale")
    with Site.engine.begin() as connection:
        connection.execute(text("UPDATE link SET expires_at = '2020-01-01' WHERE code = :code"), {"code": expired})
    page.goto("/links")
    pictures(page, "links")
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    page.get_by_label("Search").fill("nothing has this")
    page.get_by_role("button", name="Search").click()
    pictures(page, "links-none-found")
    page.goto("/links/summer-sale")
    pictures(page, "link-expired")
    page.goto("/summer-sale")
    pictures(page, "error-410")
    page.goto("/links/summer-sale/delete")
    pictures(page, "delete")
    page.goto("/tokens")
    pictures(page, "tokens-empty")
    page.get_by_label("What is it for?").fill("backup script of the office in the cellar, every night at two")
    page.get_by_role("button", name="Make a token").click()
    pictures(page, "tokens-new")
    page.get_by_role("link", name=re.compile("^Revoke")).click()
    pictures(page, "revoke")


def test_what_is_too_often_is_explained(open_page):
    page = open_page("/login")
    for _ in range(7):
        page.get_by_label("Name").fill("typed-name")
        page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("Please wait")
    expect(page.get_by_label("Name")).to_have_value("typed-name")
    pictures(page, "login-too-often")


def test_everything_works_without_scripts(open_page):
    page = open_page(java_script_enabled=False)
    register(page, "without-scripts")
    code = shorten(page, "https://www.example.com/", Alias="No-Scripts", **{"Works until": "2099-12-31"})
    assert code == "no-scripts"
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    expect(page.get_by_alt_text("QR code of the short link")).to_be_visible()
    page.goto("/links")
    page.get_by_role("link", name="Delete no-scripts").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status").first).to_have_text("The short link “no-scripts” was deleted.")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("status").first).to_have_text("You are logged out.")


def test_the_keyboard_is_enough(open_page):
    page = open_page()
    expect(page.get_by_label("Long address")).to_be_focused()
    page.keyboard.type("https://www.example.com/keyboard")
    page.keyboard.press("Tab")
    expect(page.locator("summary")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("by-keyboard")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/links/by-keyboard$"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=re.compile("by-keyboard$"))).to_be_focused()


def test_the_copy_button_copies(open_page, site):
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code = shorten(page, "https://www.example.com/copy")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{site}/{code}"
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_visible()


def test_reloading_after_a_form_sends_nothing_again(open_page):
    page = open_page()
    code = shorten(page, "https://www.example.com/reload")
    page.reload()
    expect(page).to_have_url(re.compile(f"/links/{code}$"))
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Make a long link short")


def test_the_cookie_is_the_browsers_for_this_host_alone(open_page):
    page = open_page()
    (cookie,) = page.context.cookies()
    assert cookie["name"] == "__Host-session"
    assert cookie["secure"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert cookie["path"] == "/"
