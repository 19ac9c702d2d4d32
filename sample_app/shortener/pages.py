"""The pages about links, and the short links themselves."""

import io

import segno
from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from wtforms import ValidationError

from shortener import links, rates
from shortener.forms import LinkForm
from shortener.links import Link

blueprint = Blueprint("pages", __name__)


@blueprint.route("/", methods=["GET", "POST"])
@rates.creation
def home() -> ResponseReturnValue:
    """The form; a link that was made has a page of its own, so that reloading does not post again."""
    form = LinkForm()
    if form.validate_on_submit():
        try:
            link, _ = links.shorten(owner_id=getattr(current_user, "id", None), **form.wish)
        except ValidationError as error:
            form.alias.errors = [str(error)]
        else:
            return redirect(url_for(".show", code=link.code), 303)
    return render_template("home.html", form=form), 422 if form.errors else 200


@blueprint.get("/links")
@login_required
def overview() -> str:
    """The user's own links."""
    page = links.search(current_user.id, request.args.get("q", ""), request.args.get("page", 1, int))
    return render_template("links.html", page=page)


@blueprint.get("/links/<code:code>")
def show(code: str) -> str:
    """One link: what to copy, where it leads, how often it was followed."""
    return render_template("link.html", link=_visible(code))


@blueprint.get("/links/<code:code>/qr.svg")
def qr(code: str) -> Response:
    """The short link as a QR code, for paper and phones."""
    image = io.BytesIO()
    address = url_for(".follow", code=_visible(code).code, _external=True)
    # The light modules are painted: a code must be dark on light also where the page is dark.
    segno.make(address, micro=False).save(image, kind="svg", scale=6, border=4, dark="#000", light="#fff")
    return Response(image.getvalue(), mimetype="image/svg+xml")


@blueprint.route("/links/<code:code>/delete", methods=["GET", "POST"])
@login_required
def delete(code: str) -> ResponseReturnValue:
    """Ask, then delete."""
    link = links.owned(current_user.id, code) or abort(404)
    if request.method != "POST":
        return render_template("delete.html", link=link)
    links.delete(link)
    flash(f"The short link “{link.code}” was deleted.")
    return redirect(url_for(".overview"), 303)


@blueprint.get("/<code:code>")
def follow(code: str) -> ResponseReturnValue:
    """Go where the link leads."""
    link = links.lead(code) or abort(404, f"There is no short link “{code}”. Look for a typing mistake.")
    if links.is_over(link.expires_at):
        abort(410, "This short link has expired. Ask whoever gave you the link for a new one.")
    if request.method == "GET":  # HEAD: a program that looks whether the link is alive is no visit
        current_app.extensions["visits"].count(link.id)
    # 302, not 301: browsers keep a 301 for ever, so later visits would never be counted.
    # For the same reason nobody may store it: see `Cache-Control` in headers.py.
    return redirect(link.target, 302)


def _visible(code: str) -> Link:
    """The link with this code, if this visitor may see its page: a user's link is for that user alone."""
    link = links.find(code)
    if link is None or link.owner_id not in (None, getattr(current_user, "id", None)):
        abort(404)
    return link
