"""The headers that every answer carries. nginx, which knows about TLS, adds Strict-Transport-Security."""

from flask import Flask, Response, request

HEADERS = {
    # No frame, no font, nothing inline: only what is named after 'none'.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def init_app(app: Flask) -> None:
    """Have every answer pass `secure`."""
    app.after_request(secure)


def secure(response: Response) -> Response:
    """Add the headers; what the app itself answers, static files aside, is never stored by anyone."""
    response.headers.update(HEADERS)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
