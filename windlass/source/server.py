"""Gunicorn as pip is to install it: beside an app's requirements, with what its kind of worker needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from windlass.errors import SourceError

if TYPE_CHECKING:
    from windlass.settings import Gunicorn
    from windlass.source.requirements import Requirements

# Installed where neither the requirements nor the settings name a version; and its files as the index has them.
GUNICORN = "27.0.1"
HASHES = (
    "378b26b9a38adcf4592f28828233c1716acc55e833ea06bf48719782efaa0d10",
    "b1514965361c8b7e8107a80aa2a92636878df1ccfac6dd204a676426e04d9e3e",
)
# The first that tells systemd when it is ready.
OLDEST = (20, 0)
# The last with workers of eventlet, and what comes after it.
LAST_WITH_EVENTLET, WITHOUT_EVENTLET = "25.3.0", "26"
# The extra of Gunicorn that a kind of worker needs, and what is in it.
EXTRAS = {
    "eventlet": ("eventlet", ("eventlet",)),
    "gevent": ("gevent", ("gevent", "packaging")),
    "gevent_pywsgi": ("gevent", ("gevent", "packaging")),
    "gevent_wsgi": ("gevent", ("gevent", "packaging")),
    "tornado": ("tornado", ("tornado",)),
}
_PINNED = re.compile(r"gunicorn\s*(?:\[[^\]]*\])?\s*===?\s*(\d+)\.(\d+)[\w.]*", re.IGNORECASE)


def to_install(settings: Gunicorn, wanted: Requirements) -> str:
    """Lines for pip beside the requirements; "" = they have all of it.

    Raises SourceError for a Gunicorn that cannot serve here, and for one that pip would refuse without hashes.
    """
    _check_age(settings, wanted)
    extra, needed = EXTRAS.get(settings.worker_class, ("", ()))
    named = "gunicorn" in wanted.names
    if wanted.hashed:
        return _hashed(settings, wanted, extra, needed)
    name = f"gunicorn[{extra}]" if extra else "gunicorn"
    if named:
        below = f"<{WITHOUT_EVENTLET}" if extra == "eventlet" else ""
        return f"{name}{below}\n" if extra else ""
    usual = LAST_WITH_EVENTLET if extra == "eventlet" else GUNICORN
    return f"{name}=={settings.version or usual}\n"


def _hashed(settings: Gunicorn, wanted: Requirements, extra: str, needed: tuple[str, ...]) -> str:
    missing = [each for each in needed if each not in wanted.names]
    if missing:
        raise SourceError(
            f"{wanted.file}: `worker_class: {settings.worker_class}` needs {' and '.join(missing)}, and what is"
            " installed with hashes must be listed",
            hint=f"Add gunicorn[{extra}] to what that file is made from, and make it again with its hashes.",
        )
    if "gunicorn" in wanted.names:
        return ""
    version = settings.version or GUNICORN
    if version != GUNICORN or extra == "eventlet":
        raise SourceError(
            f"{wanted.file}: what is installed with hashes must be listed, and Windlass knows those of gunicorn"
            f" {GUNICORN} alone, not of {LAST_WITH_EVENTLET if extra == 'eventlet' else version}",
            hint="Add gunicorn to what that file is made from, and make it again with its hashes.",
        )
    return " ".join([f"gunicorn=={GUNICORN}", *(f"--hash=sha256:{each}" for each in HASHES)]) + "\n"


def _check_age(settings: Gunicorn, wanted: Requirements) -> None:
    listed = f"{wanted.text}\n{wanted.constraints}".splitlines()
    if settings.version and "gunicorn" not in wanted.names:
        listed.append(f"gunicorn=={settings.version}")
    for line in listed:
        found = _PINNED.match(line)
        version = (int(found[1]), int(found[2])) if found else OLDEST
        if found and version < OLDEST:
            raise SourceError(
                f"{wanted.file}: {found[0]} is too old: systemd would wait for its start in vain",
                hint=f"Ask for gunicorn>={'.'.join(map(str, OLDEST))}.",
            )
        if settings.worker_class == "eventlet" and found and version >= (int(WITHOUT_EVENTLET), 0):
            raise SourceError(
                f"{wanted.file}: {found[0]} has no `worker_class: eventlet` any more",
                hint=f"Ask for gunicorn<{WITHOUT_EVENTLET}, or take `worker_class: gevent`.",
            )
