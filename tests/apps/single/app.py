"""One file, which says nowhere what it needs."""

from flask import Flask

app = Flask(__name__)


@app.route("/")
def index():
    return "one file\n"


if __name__ == "__main__":
    app.run()
