"""The API, version 1: links, as JSON, for programs that show a token. Its documentation is templates/api.html."""

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, g, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized
from wtforms import ValidationError

from shortener import links, rates, users
from shortener.errors import problem
from shortener.forms import LinkForm
from shortener.links import Link

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.get("/")
def documentation() -> str:
    """How to use it."""
    return render_template("api.html")


@blueprint.before_request
def authenticate() -> None:
    """Only tokens open the API, never a browser's cookie: so no other site can use it in a visitor's name."""
    if request.endpoint == "api.documentation":
        return
    shown = request.authorization
    user = users.find_by_token(shown.token) if shown and shown.type == "bearer" and shown.token else None
    if user is None:
        how = "Send a token: “Authorization: Bearer TOKEN”. Make one at /tokens."
        raise Unauthorized(how, www_authenticate=WWWAuthenticate("bearer"))
    g.user = user


@blueprint.post("/links")
@rates.creation
def create() -> ResponseReturnValue:
    """Shorten: 201 and the new link, or 200 and the one that there is already."""
    try:
        wish = request.get_json(silent=True)
    except RecursionError:  # brackets in brackets in brackets
        wish = None
    if not isinstance(wish, dict):
        abort(400, "Send a JSON object, with “Content-Type: application/json”.")
    form = LinkForm(formdata=None, data=wish, meta={"csrf": False})
    form.validate()
    errors = form.errors | {name: ["There is no such field."] for name in wish if name not in form}
    if not errors:
        try:
            link, new = links.shorten(owner_id=g.user.id, **form.wish)
        except ValidationError as error:
            errors = {"alias": [str(error)]}
        else:
            location = url_for(".show", code=link.code, _external=True)
            return jsonify(_link(link)), 201 if new else 200, {"Location": location}
    details = [{"pointer": f"/{name}", "detail": message} for name in errors for message in errors[name]]
    return problem(422, "Unprocessable Content", details[0]["detail"], errors=details)


@blueprint.get("/links")
def overview() -> ResponseReturnValue:
    """The user's links, newest first: those with `q` in their code or target, page by page."""
    page = links.search(g.user.id, request.args.get("q", ""), request.args.get("page", 1, int))
    found = [_link(link) for link in page.links]
    return jsonify(links=found, page=page.number, pages=page.pages, total=page.total)


@blueprint.get("/links/<code:code>")
def show(code: str) -> ResponseReturnValue:
    """One link."""
    return jsonify(_link(links.owned(g.user.id, code) or abort(404)))


@blueprint.delete("/links/<code:code>")
def delete(code: str) -> ResponseReturnValue:
    """Delete it."""
    links.delete(links.owned(g.user.id, code) or abort(404))
    return "", 204


def _link(link: Link) -> dict[str, Any]:
    return {
        "code": link.code,
        "short_url": url_for("pages.follow", code=link.code, _external=True),
        "target": link.target,
        "hits": link.hits,
        "created_at": _moment(link.created_at),
        "last_used_at": _moment(link.last_used_at),
        "expires_at": _moment(link.expires_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
