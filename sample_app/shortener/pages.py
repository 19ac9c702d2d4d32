"""The pages that visitors see, and the short links themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]
from sqlalchemy.exc import OperationalError

from shortener import links
from shortener.forms import LinkForm

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def home() -> str:
    """The empty form."""
    return render_template("home.html", form=LinkForm())


@blueprint.post("/")
def create() -> ResponseReturnValue:
    """Make a link, then send the browser to its page, so that reloading does not post again."""
    form = LinkForm()
    if not form.validate_on_submit():
        return render_template("home.html", form=form), 422
    try:
        link = links.shorten(form.link_target)
    except OperationalError:
        current_app.logger.exception("a link was not saved")
        form.target.errors = ["The link could not be saved just now. Please try again in a moment."]
        return render_template("home.html", form=form), 503
    return redirect(url_for(".show", code=link.code), 303)


@blueprint.app_errorhandler(CSRFError)
def retry(error: CSRFError) -> ResponseReturnValue:
    """Show the form again, with what was typed and a fresh token."""
    form = LinkForm()
    form.target.errors = ["This page had expired, so nothing was saved yet. Please press the button again."]
    return render_template("home.html", form=form), 400


@blueprint.get("/links/<code>")
def show(code: str) -> str:
    """One link: what to copy, where it leads, how often it was followed."""
    return render_template("link.html", link=links.find(code) or abort(404))


@blueprint.get("/<code>")
def follow(code: str) -> ResponseReturnValue:
    """Go where the link leads."""
    if request.method == "HEAD":  # a program that looks whether the link is alive is no visit
        link = links.find(code)
        target = link.target if link else None
    else:
        target = links.follow(code)
    # 302, not 301: browsers keep a 301 for ever, so later visits would never be counted.
    # For the same reason nobody may store it: see `Cache-Control` in headers.py.
    return redirect(target or abort(404), 302)
