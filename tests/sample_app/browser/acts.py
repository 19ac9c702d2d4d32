"""What visitors do."""

from playwright.sync_api import expect

from ..conftest import PASSWORD


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
