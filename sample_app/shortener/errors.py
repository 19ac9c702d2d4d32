"""Error pages: what a visitor can do about it, and no details; those are in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template
from werkzeug.exceptions import HTTPException

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

EXPLANATIONS = {
    404: "There is no such page or short link. Look for a typing mistake, or ask whoever gave you the link.",
    405: "This page cannot be used in that way.",
    413: "That was more than this page accepts.",
    500: "Something went wrong on our side. It has been noted; please try again later.",
}


def init_app(app: Flask) -> None:
    """Have every error, also one that nobody foresaw (500), answered by `explain`."""
    app.register_error_handler(HTTPException, explain)


def explain(error: HTTPException) -> ResponseReturnValue:
    """The page for this error, with the headers that belong to it (such as Allow)."""
    response = error.get_response()
    explanation = EXPLANATIONS.get(error.code or 500, "This request could not be answered.")
    response.set_data(render_template("error.html", title=error.name, explanation=explanation))
    response.content_type = "text/html; charset=utf-8"
    return response
