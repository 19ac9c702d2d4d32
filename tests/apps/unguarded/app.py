"""It starts Flask's own server whoever imports it."""

from flask import Flask

app = Flask(__name__)


@app.route("/")
def index():
    return "served\n"


app.run(debug=True)
