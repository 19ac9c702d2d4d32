"""The log: JSON lines on stdout, one for each request, all with the request's id."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from flask import Flask, Response, g, has_request_context, request

if TYPE_CHECKING:
    from typing import Any

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Asked every few seconds by machines; the log tells of them only when they fail.
QUIET = {"health.healthz", "health.readyz", "metrics.metrics"}
requests = logging.getLogger("shortener.requests")


class JsonLines(logging.Formatter):
    """Each record as one line of JSON, whatever is in it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if has_request_context():
            entry["request_id"] = g.get("request_id")
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)


class Stdout(logging.StreamHandler[TextIO]):
    """To whatever is stdout at the time."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(JsonLines())

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        """Where it goes."""
        return sys.stdout


def init_app(app: Flask) -> None:
    """Log every request, and give every one an id."""
    root = logging.getLogger()
    if not any(isinstance(handler, Stdout) for handler in root.handlers):  # one for all apps of a process
        root.addHandler(Stdout())
        root.setLevel(logging.INFO)
        # The lines of `flask run` for each request would say the same again.
        logging.getLogger("werkzeug").addFilter(lambda record: " HTTP/1." not in record.getMessage())
        # It would log the names that visitors try to log in with; now and then that is a password.
        logging.getLogger("flask-limiter").setLevel(logging.WARNING)
    app.before_request(begin)
    app.after_request(end)


def begin() -> None:
    """Note when the request came; its id is the one that nginx gave it, so that both logs tell the same."""
    g.started = time.perf_counter()
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def end(response: Response) -> Response:
    """Log the request: the route, not the address, which may hold what is nobody else's business."""
    response.headers["X-Request-ID"] = g.request_id
    if request.endpoint not in QUIET or response.status_code >= 400:
        fields = {
            "method": request.method,
            "route": request.url_rule.rule if request.url_rule else None,
            "status": response.status_code,
            "duration_ms": round((time.perf_counter() - g.started) * 1000, 2),
        }
        requests.info("%s %s", response.status_code, request.method, extra={"fields": fields})
    return response
