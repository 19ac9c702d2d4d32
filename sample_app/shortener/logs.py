"""The log: JSON lines on stdout, one for each request, all with the request's id."""

import json
import logging
import re
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, has_request_context, request

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
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


def init_app(app: Flask) -> None:
    """Log every request, and give every one an id."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # The lines of `flask run` for each request would say the same again.
    logging.getLogger("werkzeug").addFilter(lambda record: " HTTP/1." not in record.getMessage())
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
    fields = {
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "duration_ms": round((time.perf_counter() - g.started) * 1000, 2),
    }
    requests.info("%s %s", response.status_code, request.method, extra={"fields": fields})
    return response
