"""Every page as a visitor sees it, empty, full, and with errors; whether everybody can use it; and a picture of it."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import text

from .acts import register, shorten
from .conftest import DESKTOP, PHONE

pytestmark = pytest.mark.browser
PICTURES = Path(__file__).parents[3] / "build" / "screenshots"
LONG = "https://www.example.com/" + "a-very-long-path-without-a-place-to-break/" * 40 + "?q=%C3%BC"


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


def test_pages_of_a_user(open_page, engine):
    page = open_page()
    register(page, "n" * 64)
    pictures(page, "links-empty")
    for number in range(22):
        shorten(page, f"https://www.example.com/{number}")
    shorten(page, LONG, Alias="z" * 64)
    expired = shorten(page, "https://www.example.com/expired", Alias="summer-sale")
    with engine.begin() as connection:
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


def test_pages_of_tokens(open_page):
    page = open_page()
    register(page, "somebody")
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


def test_these_checks_find_what_is_wrong(open_page):
    page = open_page()
    page.evaluate("document.documentElement.removeAttribute('lang')")
    with pytest.raises(AssertionError, match="html-has-lang"):
        accessible(page)
    page.evaluate("document.querySelector('main').style.minWidth = '3000px'")
    with pytest.raises(AssertionError):
        fits(page)
