"""What a Procfile and a Dockerfile say."""

from __future__ import annotations

from tests.source.reading.sources import source
from windlass.source.reading import platforms
from windlass.source.reading.code import Found

DOCKERFILE = """\
FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PORT=5000 SHOP_THEME=dark SECRET_KEY=hidden HERE=$HOME
RUN apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev ffmpeg
EXPOSE 5000
CMD ["gunicorn", "--workers", "4", "--threads", "8", "-k", "gthread", "-t", "120", "-b", ":5000", "shop:app"]
"""


def test_a_dockerfile() -> None:
    found = source({"Dockerfile": DOCKERFILE})
    assert platforms.variables(found) == {"SHOP_THEME": "dark"}
    assert platforms.packages(found) == ["libpq-dev", "ffmpeg"]
    assert platforms.gunicorn(found) == ({"worker_class": "gthread", "threads": 8, "timeout": 120}, "Dockerfile:5")
    assert platforms.release_command(found) is None


def test_a_procfile() -> None:
    found = source({"Procfile": "release: flask db upgrade\nweb: gunicorn -k gevent --timeout nothing shop:app\n"})
    assert platforms.release_command(found) == Found("flask db upgrade", "Procfile:1")
    assert platforms.gunicorn(found) == ({"worker_class": "gevent"}, "Procfile:2")


def test_neither() -> None:
    found = source("")
    assert platforms.variables(found) == {}
    assert platforms.packages(found) == []
    assert platforms.gunicorn(found)[0] == {}
    assert platforms.release_command(found) is None
