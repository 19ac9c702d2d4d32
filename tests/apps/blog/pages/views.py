from flask import Blueprint, redirect, request

from pages import db

bp = Blueprint("pages", __name__)


class Post(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    words = db.Column(db.String(200))


@bp.route("/", methods=["GET", "POST"])
def index():
    if request.method == "POST":
        db.session.add(Post(words=request.form["words"]))
        db.session.commit()
        return redirect("/")
    return "".join(f"<p>{post.words}</p>" for post in db.session.scalars(db.select(Post)))
