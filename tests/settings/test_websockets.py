"""Where connections may become WebSockets."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from windlass.settings import AppSettings

APP = {"source": "shop", "wsgi": "shop:app", "domains": ["shop.example.org"]}


def test_each_path_once_without_its_slash() -> None:
    settings = AppSettings.model_validate({**APP, "websockets": ["/ws", "/ws/", "/socket.io/"]})
    assert settings.websockets == ["/ws", "/socket.io"]


def test_what_nginx_serves_has_none() -> None:
    with pytest.raises(ValidationError) as refused:
        AppSettings.model_validate({**APP, "static": {"/ws": "files"}, "websockets": ["/ws/"]})
    assert "'/ws' is served by nginx itself (`static`), so the app has no WebSocket there" in str(refused.value)
