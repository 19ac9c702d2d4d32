"""What an app has on a laptop and not on its host: variables of a `.env` beside its code, a secret key of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.secrets.shown import shown
from windlass.settings.secret_names import is_secret
from windlass.source.weak_keys import NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from windlass.source.weak_keys import WeakKey

ENV = ".env"
# What is set on a host anyway, or has no meaning there.
_OTHERS = frozenset(
    {"FLASK_APP", "FLASK_DEBUG", "FLASK_ENV", "FLASK_RUN_HOST", "FLASK_RUN_PORT", "DEBUG", "PORT", "HOST"}
)


def of_env(app: str, folder: Path, given: Collection[str]) -> list[str]:
    """What is said of the `.env` in an app's folder that sets more than the app is `given`; names only, no values."""
    from dotenv.parser import parse_stream

    path = folder / ENV
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            names = [binding.key for binding in parse_stream(file) if binding.key and binding.value is not None]
    except OSError:  # there is none, or it is not for us
        return []
    lacking = [name for name in dict.fromkeys(names) if name not in given and name not in _OTHERS]
    if not lacking:
        return []
    secret = [name for name in lacking if is_secret(name)]
    plain = [name for name in lacking if name not in secret]
    lines = [f"  ./deploy.py secrets set {name} --app {app}" for name in secret]
    lines += [f"  env: {{{', '.join(f'{name}: ...' for name in plain)}}}"] if plain else []
    return ["\n".join([f"app {app}: {shown(path)} stays here, and sets what the app lacks on the host:", *lines])]


def of_keys(app: str, label: str, keys: Sequence[WeakKey], given: Collection[str]) -> list[str]:
    """What is said of secret keys in an app's code that everybody knows."""
    way = f"./deploy.py secrets generate {NAME} --app {app}"
    found = []
    for key in keys:
        if key.fallback and NAME not in given:
            found.append(f"app {app}: {label}/{key.place}: without {NAME}, it is one that everybody knows: {way}")
        elif not key.fallback:
            found.append(
                f"app {app}: {label}/{key.place}: {NAME} is one that everybody knows: let the code read"
                f" os.environ[{NAME!r}], and {way}"
            )
    return found
