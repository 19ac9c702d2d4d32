from flask import jsonify, render_template, request

from widget import app


@app.route("/")
def index():
    return render_template("index.html")


@app.route("/add", methods=["POST"])
def add():
    return jsonify(result=request.form.get("a", 0, type=float) + request.form.get("b", 0, type=float))
