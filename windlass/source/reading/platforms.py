"""What files for other platforms say of an app: the Procfile of Heroku and its like, a Dockerfile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from windlass.settings.environment import fault_of_inline_secret, fault_of_name, fault_of_value
from windlass.source.declared import dockerfile, procfile
from windlass.source.reading.code import Found
from windlass.source.started import served

if TYPE_CHECKING:
    from windlass.source.tree import Tree

# Variables that are about the image itself, or that Windlass sets.
_OF_IMAGES = re.compile(
    r"(PYTHON|PIP_|POETRY_|UV_|FLASK_|GUNICORN_|DEBIAN_)\w*|PORT|HOST|LANG|LC_\w+|TZ|PATH|HOME|VIRTUAL_ENV"
)
# Packages that a host has, or that Windlass brings.
_OF_HOSTS = re.compile(
    r"python3.*|build-essential|gcc|g\+\+|make|git|curl|wget|ca-certificates|gnupg.*|nginx|supervisor|bash|locales|tini"
    r"|openssh-.*|sudo|apt-.*|vim.*|nano|less|procps|certbot"
)
_GUNICORN = {"--worker-class": "worker_class", "--threads": "threads", "--timeout": "timeout"}


def release_command(source: Tree) -> Found | None:
    """The command that a Procfile has run before each release."""
    found = procfile(source).get("release")
    return Found(found.command, found.place) if found else None


def gunicorn(source: Tree) -> tuple[dict[str, str | int], str]:
    """How the app's own command line has Gunicorn run it, as settings, and where that is said.

    The number of workers is for another machine, and not among them.
    """
    web, image = procfile(source).get("web"), dockerfile(source)
    command, place = (web.command, web.place) if web else (image.command, image.place)
    options = served(command).options
    found: dict[str, str | int] = {}
    for option, setting in _GUNICORN.items():
        value = options.get(option, "")
        if value.isdecimal() and int(value) and setting != "worker_class":
            found[setting] = int(value)
        elif setting == "worker_class" and re.fullmatch(r"[A-Za-z_]\w*", value):
            found[setting] = value
    return found, place if found else ""


def variables(source: Tree) -> dict[str, str]:
    """The variables of a Dockerfile that are the app's own, and no secrets."""
    return {
        name: value
        for name, value in dockerfile(source).env.items()
        if not _OF_IMAGES.fullmatch(name) and "$" not in value
        if not (fault_of_name(name) or fault_of_value(name, value) or fault_of_inline_secret(name, value))
    }


def packages(source: Tree) -> list[str]:
    """The Debian packages that a Dockerfile installs for the app."""
    return [name for name in dockerfile(source).packages if not _OF_HOSTS.fullmatch(name)]
