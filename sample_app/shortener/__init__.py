"""A URL shortener, built as an app for production is built; a server runs `shortener:create_app()`."""

import os
import sys
from collections.abc import Mapping

from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from . import api, auth, codes, config, database, errors, headers, health, logs, metrics, pages, rates, users, visits

# With this exit status of a worker, Gunicorn stops instead of trying again for ever.
NEVER_STARTS = 3


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """The app, configured by `environ` alone; an unfit one ends the process with one line on stderr."""
    app = Flask(__name__)
    try:
        app.config.from_mapping(config.from_environment(environ, app.debug))
    except config.ConfigurationError as error:
        print(f"shortener: will not start: {error}", file=sys.stderr)
        raise SystemExit(NEVER_STARTS) from None

    # One proxy, nginx, stands in front and sets these three. With none in front, anyone could forge them.
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    # `logs` comes first: what it measures is all that follows.
    for part in (logs, metrics, database, visits, users, rates, codes, headers, errors):
        part.init_app(app)
    # Every POST needs its form's hidden token; the API, which no cookie opens, needs none.
    CSRFProtect(app).exempt(api.blueprint)
    for blueprint in (health.blueprint, auth.blueprint, api.blueprint, pages.blueprint):
        app.register_blueprint(blueprint)
    return app
