"""What a visitor does in a real browser, in several ways."""

import re

import pytest
from playwright.sync_api import expect

from .acts import register, shorten

pytestmark = pytest.mark.browser


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
