"""The lines of an inventory that deploy an app, with what was found in its code as comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from windlass.source.reading import platforms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from windlass.source.reading.code import Found
    from windlass.source.reading.findings import Findings

_WIDTH = 118
THREADS = 100  # of an app whose visitors stay
_NAMED = 6  # of what is mentioned by the way


def app_lines(name: str, found: Findings, source: Mapping[str, Any], domains: Sequence[str]) -> list[str]:
    """The lines of an app, at the left edge; `source` are the settings that say where its code is."""
    settings: dict[str, tuple[Any, str]] = {key: (value, "") for key, value in source.items()}
    if found.chosen:
        settings["wsgi"] = (found.entry.wsgi, found.entry.place)
    settings["domains"] = (list(domains), "")
    if found.proposed:
        settings["requirements"] = ([each.value for each in found.proposed], "by what it imports")
    required = [variable for variable in found.variables if variable.required]
    if required:
        settings["required_env"] = ([variable.name for variable in required], _places(required))
    if found.data:
        settings["data"] = ([path.value for path in found.data], _places(found.data))
    for key, command in (("setup_command", found.setup_command), ("release_command", found.release_command)):
        if command:
            settings[key] = (command.value, command.place)
    if found.health:
        settings["health_path"] = (found.health.value, found.health.place)
    settings |= _from_platforms(found)
    written = [f"  {line}" for key, (value, why) in settings.items() for line in _setting(key, value, why)]
    return [f"{_text(name)}:", *written, *(f"  # {line}" for line in _besides(found))]


def _from_platforms(found: Findings) -> dict[str, tuple[Any, str]]:
    """What a Procfile or a Dockerfile says, and what follows from the code for Gunicorn."""
    settings: dict[str, tuple[Any, str]] = {}
    gunicorn, place = platforms.gunicorn(found.source)
    if found.websockets:
        settings["websockets"] = ([each.value for each in found.websockets], _places(found.websockets))
        gunicorn.setdefault("threads", THREADS)
        place = place or "each WebSocket has one"
    if found.one_process:
        gunicorn["workers"] = 1
        place = f"{found.one_process.value} {found.one_process.place}".strip()
    if gunicorn:
        settings["gunicorn"] = (gunicorn, place)
    if env := platforms.variables(found.source):
        settings["env"] = (env, "Dockerfile")
    if packages := platforms.packages(found.source):
        settings["packages"] = (packages, "Dockerfile")
    return settings


def _setting(key: str, value: Any, why: str) -> list[str]:
    line = f"{key}: {_text(value)}"
    whole = f"{line}  # {why}"
    return [line] if not why else [whole] if len(whole) <= _WIDTH else [line, f"# {key}: {why}"]


def _text(value: Any) -> str:
    """A value in one line of YAML."""
    dumped = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True, sort_keys=False)
    return dumped.removesuffix("\n").removesuffix("\n...")


def _places(found: Iterable[Any]) -> str:
    return ", ".join(dict.fromkeys(each.place for each in found))


def _besides(found: Findings) -> list[str]:
    """What needs no setting, or is for the user to say."""
    lines = [] if found.chosen else [f"found: wsgi {found.entry.wsgi} ({found.entry.place})"]
    if found.requirements:
        lines.append(f"installed: what {found.requirements} lists")
    if found.static:
        lines.append(f"static: {{/static: {found.static.value}}} would have nginx serve these files itself")
    others = [variable.name for variable in found.variables if not variable.required]
    if others:
        more = len(others) - _NAMED
        names = ", ".join(others[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        lines.append(f"it also reads, and does without: {names}")
    return lines


def shown(found: Findings) -> list[tuple[str, str, str]]:
    """What was found, as rows: the subject, what it is, and where that is said."""
    rows = [("app", found.entry.wsgi, found.entry.place)]
    if found.requirements:
        rows.append(("packages", found.requirements, ""))
    rows += [("packages", each.value, each.place) for each in found.proposed]
    rows += [
        ("secret" if each.signing else "variable", each.name, each.place) for each in found.variables if each.required
    ]
    rows += [("writes", each.value, each.place) for each in found.data]
    rows += [("websocket", each.value, each.place) for each in found.websockets]
    commands: list[tuple[str, Found | None]] = [
        ("once", found.setup_command),
        ("each release", found.release_command),
        ("health", found.health),
        ("one process", found.one_process),
        ("static files", found.static),
    ]
    return rows + [(subject, each.value, each.place) for subject, each in commands if each]
