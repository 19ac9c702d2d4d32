"""Errors: what a visitor can do about it, and no details; those are in the log."""

import math
import time

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask_limiter import RateLimitExceeded
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from shortener.database import session
from shortener.forms import LinkForm, LoginForm, RegistrationForm, TokenForm
from shortener.rates import limiter

# Forms that are shown again when something else than their content is wrong.
FORMS: dict[str | None, tuple[type[FlaskForm], str]] = {
    "pages.home": (LinkForm, "home.html"),
    "auth.login": (LoginForm, "login.html"),
    "auth.register": (RegistrationForm, "register.html"),
    "auth.tokens": (TokenForm, "tokens.html"),
}


def init_app(app: Flask) -> None:
    """Have every error, also one that nobody foresaw (500), answered by `explain` or one of its like."""
    app.register_error_handler(HTTPException, explain)
    app.register_error_handler(CSRFError, expired)
    app.register_error_handler(RateLimitExceeded, too_often)
    app.register_error_handler(SQLAlchemyError, unavailable)


def explain(error: HTTPException) -> Response:
    """The page for this error, or problem details of it, with the headers that belong to it (such as Allow)."""
    status = error.code or 500
    if request.path.startswith("/api/"):
        response = problem(status, error.name, error.description or "")
    else:
        response = Response(render_template("error.html", error=error), status)
    response.headers.update((name, value) for name, value in error.get_headers() if name != "Content-Type")
    return response


def expired(error: CSRFError) -> Response:
    """The hidden token of a form was not good: after a login in another window, or sent from another site."""
    return _again(error, "This page had expired, so nothing was done yet. Please press the button again.")


def too_often(error: RateLimitExceeded) -> Response:
    """A limit of rates.py was reached."""
    limit = limiter.current_limit
    seconds = max(1, math.ceil(limit.window.reset_time - time.time())) if limit else 60
    wait = f"{seconds} seconds" if seconds <= 90 else f"{-(-seconds // 60)} minutes"
    response = _again(error, f"That was too often in a short time. Please wait {wait}, then try again.")
    response.headers["Retry-After"] = str(seconds)
    return response


def unavailable(error: Exception) -> Response:
    """The database is locked for too long, full, away, or not as it should be."""
    current_app.logger.error("the database is unavailable", exc_info=error)
    session().rollback()
    # Who it is may be in that database; the page that says so must not ask again.
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
    return _again(ServiceUnavailable(), "This could not be done just now. Please try again in a moment.")


def problem(status: int, title: str, detail: str, **more: object) -> Response:
    """Problem details (RFC 9457), what the API answers when it cannot do what was asked."""
    response = jsonify(title=title, status=status, detail=detail, request_id=g.request_id, **more)
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response


def _again(error: HTTPException, explanation: str) -> Response:
    """The form that was sent, with what was typed, to be sent again; where there was none, the page for the error."""
    if request.method != "POST" or request.endpoint not in FORMS:
        error.description = explanation
        return explain(error)
    make, template = FORMS[request.endpoint]
    form = make()
    form.form_errors.append(explanation)
    return Response(render_template(template, form=form), error.code)
