"""The web half of an app with jobs; its broker is not asked before a job is."""

from celery import Celery
from flask import Flask


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_mapping(CELERY={"broker_url": "redis://localhost", "task_ignore_result": True})
    app.config.from_prefixed_env()
    jobs = Celery(app.name)
    jobs.config_from_object(app.config["CELERY"])
    app.extensions["celery"] = jobs

    @app.route("/")
    def index() -> str:
        return "jobs\n"

    return app
