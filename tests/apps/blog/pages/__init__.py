"""A package under a top module, with its database and its log files beside the code."""

import logging
import os
from logging.handlers import RotatingFileHandler

from config import Config
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
migrate = Migrate()


def create_app(config_class=Config):
    app = Flask(__name__)
    app.config.from_object(config_class)
    db.init_app(app)
    migrate.init_app(app, db)

    from pages.views import bp

    app.register_blueprint(bp)
    if not app.debug and not app.testing:
        if not os.path.exists("logs"):
            os.mkdir("logs")
        handler = RotatingFileHandler("logs/blog.log", maxBytes=10240, backupCount=10)
        handler.setLevel(logging.INFO)
        app.logger.addHandler(handler)
        app.logger.setLevel(logging.INFO)
        app.logger.info("started")
    return app
