"""Uploads into a folder beside the code, events that go on, and an answer that takes its time."""

import os
import time

from flask import Flask, Response, request

app = Flask(__name__)
app.config["UPLOAD_FOLDER"] = os.path.join(os.path.dirname(__file__), "uploads")
app.config["MAX_CONTENT_LENGTH"] = 64 * 1024 * 1024
os.makedirs(app.config["UPLOAD_FOLDER"], exist_ok=True)


@app.route("/")
def index():
    return "\n".join(sorted(os.listdir(app.config["UPLOAD_FOLDER"])))


@app.route("/files/<name>", methods=["PUT"])
def put(name):
    with open(os.path.join(app.config["UPLOAD_FOLDER"], name), "wb") as file:
        while part := request.stream.read(1 << 20):
            file.write(part)
    return "", 201


@app.route("/files/<name>")
def size(name):
    return str(os.path.getsize(os.path.join(app.config["UPLOAD_FOLDER"], name)))


@app.route("/events")
def events():
    count = int(request.args.get("count", 5))

    def ticks():
        for number in range(count):
            yield f"data: {number}\n\n"
            time.sleep(0.2)

    return Response(ticks(), mimetype="text/event-stream")


@app.route("/slow")
def slow():
    time.sleep(float(request.args.get("seconds", 45)))
    return "at last\n"
