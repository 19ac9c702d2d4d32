"""The API, version 1: links, as JSON, for programs that show a token. Its documentation is templates/api.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, g, jsonify, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from shortener import codes, links, rates, users
from shortener.errors import problem
from shortener.forms import LinkForm

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from shortener.links import Link

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
FIELDS = ("target", "alias", "expires_at")


@blueprint.get("/")
def documentation() -> str:
    """How to use it."""
    return render_template("api.html")


@blueprint.before_request
def authenticate() -> ResponseReturnValue | None:
    """Only tokens open the API, never a browser's cookie: so no other site can use it in a visitor's name."""
    if request.endpoint == "api.documentation":
        return None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    user = users.find_by_token(token.strip()) if scheme.lower() == "bearer" else None
    if user is None:
        answer = problem(401, "Unauthorized", "Send a token: “Authorization: Bearer TOKEN”. Make one at /tokens.")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    g.user = user
    return None


@blueprint.post("/links")
@rates.creation
def create() -> ResponseReturnValue:
    """Shorten: 201 and the new link, or 200 and the one that there is already."""
    wish = request.get_json(silent=True)
    if not isinstance(wish, dict):
        return problem(400, "Bad Request", "Send a JSON object, with “Content-Type: application/json”.")
    errors = {name: ["There is no such field."] for name in wish if name not in FIELDS}
    errors |= {name: ["This must be a string."] for name in FIELDS if not isinstance(wish.get(name), str | None)}
    form = LinkForm(MultiDict({name: wish[name] for name in FIELDS if wish.get(name)}), meta={"csrf": False})
    if not errors and form.validate():
        try:
            link, new = links.shorten(form.wish(g.user.id))
        except codes.AliasError as error:
            errors = {"alias": [str(error)]}
        else:
            location = url_for(".show", code=link.code, _external=True)
            return jsonify(_link(link)), 201 if new else 200, {"Location": location}
    details = [
        {"pointer": f"/{name}", "detail": message}
        for name, messages in (errors or form.errors).items()
        for message in messages
    ]
    return problem(422, "Unprocessable Content", details[0]["detail"], errors=details)


@blueprint.get("/links")
def overview() -> ResponseReturnValue:
    """The user's links, newest first: those with `q` in their code or target, page by page."""
    text = request.args.get("q", "").replace("\0", "").strip()
    page = links.search(g.user.id, text, request.args.get("page", 1, int))
    found = [_link(link) for link in page.links]
    return jsonify(links=found, page=page.number, pages=page.pages, total=page.total)


@blueprint.get("/links/<code:code>")
def show(code: str) -> ResponseReturnValue:
    """One link."""
    return jsonify(_link(_own(code)))


@blueprint.delete("/links/<code:code>")
def delete(code: str) -> ResponseReturnValue:
    """Delete it."""
    links.delete(_own(code))
    return "", 204


def _own(code: str) -> Link:
    link = links.find(code)
    if link is None or link.owner_id != g.user.id:
        abort(404)
    return link


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
