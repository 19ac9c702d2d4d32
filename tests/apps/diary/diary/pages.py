from flask import Blueprint, redirect, render_template, request, url_for

from .database import connection

bp = Blueprint("pages", __name__)


@bp.route("/")
def index():
    rows = connection().execute("SELECT words FROM entry ORDER BY id").fetchall()
    return render_template("index.html", entries=[words for (words,) in rows])


@bp.route("/", methods=["POST"])
def write():
    opened = connection()
    opened.execute("INSERT INTO entry (words) VALUES (?)", (request.form["words"],))
    opened.commit()
    return redirect(url_for("pages.index"))
