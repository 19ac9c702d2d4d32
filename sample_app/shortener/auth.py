"""Accounts: registration, login, and tokens for the API."""

import re

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required, login_user, logout_user

from shortener import rates, users
from shortener.forms import LoginForm, RegistrationForm, TokenForm
from shortener.users import User

blueprint = Blueprint("auth", __name__)


@blueprint.route("/register", methods=["GET", "POST"])
@rates.login
def register() -> ResponseReturnValue:
    """A new account, whose user is logged in at once."""
    form = RegistrationForm()
    if form.validate_on_submit():
        if user := users.register(form.name.data, form.password.data):
            answer = _enter(user)
            flash(f"Welcome, {user.name}. The links that you make from now on are kept in your list.")
            return answer
        form.name.errors = [f"The name “{form.name.data}” is taken. Please choose another."]
    return render_template("register.html", form=form), 422 if form.errors else 200


@blueprint.route("/login", methods=["GET", "POST"])
@rates.login
def login() -> ResponseReturnValue:
    """To the list of links, or to the page that asked for the login."""
    form = LoginForm()
    if form.validate_on_submit():
        if user := users.authenticate(form.name.data, form.password.data or ""):
            return _enter(user)
        form.form_errors.append("There is no account with this name and password.")
    return render_template("login.html", form=form), 422 if form.errors else 200


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """Only by POST, so that no other site can do it with a picture."""
    logout_user()
    session.clear()
    flash("You are logged out.")
    return redirect(url_for("pages.home"), 303)


@blueprint.route("/tokens", methods=["GET", "POST"])
@login_required
def tokens() -> ResponseReturnValue:
    """The user's tokens; a new one is shown once, after the redirect, and then forgotten."""
    form = TokenForm()
    if form.validate_on_submit():
        session["token"] = users.issue_token(current_user, form.label.data)
        return redirect(url_for(".tokens"), 303)
    page = render_template("tokens.html", form=form, token=session.pop("token", None))
    return page, 422 if form.errors else 200


@blueprint.route("/tokens/<int:token_id>/revoke", methods=["GET", "POST"])
@login_required
def revoke(token_id: int) -> ResponseReturnValue:
    """Ask, then revoke."""
    token = next((token for token in current_user.tokens if token.id == token_id), None) or abort(404)
    if request.method != "POST":
        return render_template("revoke.html", token=token)
    users.revoke_token(token)
    flash(f"The token “{token.label}” was revoked.")
    return redirect(url_for(".tokens"), 303)


def _enter(user: User) -> ResponseReturnValue:
    session.clear()  # nothing that was in it before the login is trusted after it
    login_user(user)
    wanted = request.args.get("next", "")
    # Only a path on this site: a login must not lead to a look-alike elsewhere.
    # Browsers drop tabs and line breaks, read "\\" as "/", and take "//" for the start of another site.
    is_path = re.fullmatch(r"/(?!/)[^\\\s\x00-\x1f]*", wanted)
    return redirect(wanted if is_path else url_for("pages.overview"), 303)
