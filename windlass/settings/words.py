"""Kinds of text that settings are made of; each matches as a whole, so none can break out of a generated file."""

import difflib
import os
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from windlass.settings.model import Word, one_line, word

AppName = Annotated[
    str,
    word(
        r"[a-z][a-z0-9-]{0,30}",
        "an app name: a small letter, then up to 30 small letters, digits and dashes (it names a Unix user too)",
    ),
]


def _package(value: str) -> str:
    """A name that apt takes for nothing but a name: `vim-` would remove a package."""
    name, sign, _ = re.split(r"([=/:]|$)", value, maxsplit=1)
    if sign:
        raise ValueError(
            f"{value!r}: write {name!r} alone; which version of it, apt's own preferences on the host decide"
        )
    # g++ and memtest86+ are called so.
    if re.search(r"[.-]$|[^+0-9]\+$", value):
        raise ValueError(f"{value!r} is more than a name to apt, which {_to_apt(value)}; packages are only installed")
    return value


def _to_apt(value: str) -> str:
    return {"-": "removes a package so", "+": "leaves out the +", ".": "takes . for any letter"}[value[-1]]


def _bounded(value: str) -> str:
    """A size that programs can count in bytes."""
    number = value.rstrip("kmgKMGT")
    unit = value[len(number) :].upper()
    if value != "off" and int(number) << 10 * "KMGT".find(unit or "-") + 10 > _LARGEST:
        raise ValueError(f"{value!r} is more than any host has")
    return value


_LARGEST = 1 << 50  # bytes
DebianPackage = Annotated[
    str, AfterValidator(_package), word(r"[a-z0-9][a-z0-9+.-]+([=/:][a-z0-9+.:~-]+)?", "the name of a Debian package")
]
MemorySize = Annotated[str, AfterValidator(_bounded), word(r"[1-9][0-9]*[KMGT]", "a size such as 512M or 2G")]
BodySize = Annotated[str, AfterValidator(_bounded), word(r"[1-9][0-9]*[kmgKMG]?", "a size such as 10m")]
Locale = Annotated[str, word(r"C\.UTF-8|[a-z]{2,3}_[A-Z]{2}(\.UTF-8)?(@[a-z]+)?", "a locale such as en_GB.UTF-8")]
Email = Annotated[
    str,
    word(r"[A-Za-z0-9_+][A-Za-z0-9._+-]*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "an e-mail address such as ops@example.com"),
]
DirectoryUrl = Annotated[
    str,
    word(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9._~/-]*", "the https:// address of an ACME directory"),
]
_NAME = r"[A-Za-z_]\w*"
# What a factory may be called with: plain words and numbers, which no generated file can misread.
_ARGUMENT = rf"({_NAME}=)?('[A-Za-z0-9_.:/ -]*'|[0-9]+|True|False|None)"


def _module(value: Any) -> Any:
    """With single quotes; a file in the place of a module is told as the module that it is."""
    if not isinstance(value, str):
        return value
    path, _, name = value.partition(":")
    module = path.removesuffix(".py").strip("./").replace("/", ".")
    if (path.endswith(".py") or "/" in path) and re.fullmatch(rf"{_NAME}(\.{_NAME})*", module):
        raise ValueError(f"{value!r} names a file; as a module it is {module + ':' + (name or 'app')!r}")
    return value.replace('"', "'")


Wsgi = Annotated[
    str,
    word(
        rf"{_NAME}(\.{_NAME})*:{_NAME}(\(({_ARGUMENT}(, ?{_ARGUMENT})*)?\))?",
        'MODULE:APP or MODULE:FACTORY(), for example "shop:app" or "shop:create_app()"',
    ),
    BeforeValidator(_module),
]
Python = Annotated[
    str,
    word(
        r"(/[A-Za-z0-9._+-]+)*/python3\.[0-9]+|3\.[0-9]+",
        "a version such as '3.12', or a path such as /opt/bin/python3.12",
    ),
]
GitRef = Annotated[
    str, word(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/+-]*", "a git branch, tag or commit, for example v1.2")
]
HealthPath = Annotated[str, word(r"/[A-Za-z0-9._~%/?=&+,:@-]*", "a path of the app, for example /healthz")]
UrlPrefix = Annotated[
    str,
    word(r"(/(?!\.\.?(/|$))[A-Za-z0-9._~-]+)+/?", "the beginning of a URL path, for example /static"),
]
_SOURCE_PATH = r"(?!.*(^|/)\.\.(/|$))[A-Za-z0-9._][A-Za-z0-9._+@/-]*"
SourcePath = Annotated[
    str,
    word(
        _SOURCE_PATH,
        "a path inside the app's source, for example shop/static",
    ),
]
_WORKERS = ("asgi", "eventlet", "gevent", "gevent_pywsgi", "gevent_wsgi", "gthread", "sync", "tornado")


def _worker_class(name: str) -> str:
    if "." not in name and name not in _WORKERS:
        near = difflib.get_close_matches(name, _WORKERS, 1)
        meant = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(_WORKERS)}, or MODULE.CLASS"
        raise ValueError(f"{name!r} is no kind of worker: {meant}")
    return name


def _requirements(value: Any) -> Any:
    """A path in the source, or requirement lines."""
    if isinstance(value, list):
        wrong = next((each for each in value if not isinstance(each, str) or not _REQUIREMENT.fullmatch(each)), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is not a requirement such as flask or redis>=5")
        return value
    if isinstance(value, str) and re.fullmatch(_SOURCE_PATH, value, re.ASCII):
        return value
    raise ValueError(f"{value!r} is not {_REQUIREMENTS}")


_REQUIREMENT = re.compile(r"[A-Za-z0-9][^\x00-\x1f\x7f]*", re.ASCII)
_REQUIREMENTS = "a file of the source, for example requirements/prod.txt, or a list such as [flask, redis>=5]"
RequirementsSource = Annotated[str | list[str], Word(_requirements, expected=_REQUIREMENTS)]
WorkerClass = Annotated[
    str,
    AfterValidator(_worker_class),
    word(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", "a Gunicorn worker class, for example gthread"),
]


Version = Annotated[str, word(r"[0-9]+(\.[0-9a-z]+)*", "a version such as 23.0.0")]
Command = Annotated[str, AfterValidator(one_line), word(r"(?s).*\S.*", "a command")]


def number_as_text(value: Any) -> Any:
    """YAML reads `1` as a number, and `25%` as text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def off_as_text(value: Any) -> Any:
    """YAML reads `off` as a truth value."""
    return "off" if value is False else value


JournalSize = Annotated[
    str,
    AfterValidator(_bounded),
    word(r"[1-9][0-9]*[KMGT]|off", "a size such as 512M or 2G, or off"),
    BeforeValidator(off_as_text),
]
SERIAL = r"[1-9][0-9]{0,3}|[1-9][0-9]?%|100%"
Serial = Annotated[
    str,
    word(SERIAL, "a number of hosts or a percentage, for example 1 or 25%"),
    BeforeValidator(number_as_text),
]


def _time_zone(name: str) -> str:
    zones = Path("/usr/share/zoneinfo")
    if zones.is_dir() and not (zones / name).is_file() and not _is_old_name(zones / "tzdata.zi", name):
        raise ValueError(f"{name!r} is not a time zone of this machine (timedatectl list-timezones)")
    return name


def _is_old_name(names: Path, zone: str) -> bool:
    """Whether it is one that a host may have though this machine has not, as of the package tzdata-legacy."""
    return names.is_file() and f" {zone}\n" in names.read_text(encoding="utf-8")


TimeZone = Annotated[
    str,
    AfterValidator(_time_zone),
    word(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*", "a time zone such as Europe/Berlin"),
]


def _project_path(value: Any, info: ValidationInfo) -> Path:
    """An absolute path: relative ones start at the project folder, `~` is the user's home."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is not a path")
    project = (info.context or {}).get("project") or Path.cwd()
    return Path(project, os.path.expanduser(one_line(value)))


ProjectPath = Annotated[Path, BeforeValidator(_project_path)]

_GIT_URL = re.compile(
    r"(https|ssh|file)://[A-Za-z0-9._~/%][A-Za-z0-9._~:@/%+-]*"
    r"|[A-Za-z0-9._-]+@[A-Za-z0-9][A-Za-z0-9.-]*:[A-Za-z0-9._~/+-]+",
    re.ASCII,
)
# As GitHub and GitLab show a folder of a repository.
_PAGE = re.compile(r"(https://[^/]+/[^/]+/.+?)(?:/-)?/tree/([^/]+)/(.+?)/?")
_LOOKS_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*::?//|[^/]+@[^/]+:|ext::")


def is_git(source: str) -> bool:
    """Whether a source is a git URL rather than a folder."""
    return bool(_GIT_URL.fullmatch(source))


def _source(value: str) -> str:
    """A folder or a git URL; options and transports that run commands (ext::) are refused."""
    one_line(value)
    if re.match(r"https://[^/@]*:[^/@]*@", value):
        raise ValueError("a password in a git URL ends up in the repository; use an SSH key or a credential helper")
    if found := _PAGE.fullmatch(value):
        raise ValueError(
            f"{value!r} is a page about a folder; write `source: {found[1]}`, `ref: {found[2]}` and"
            f" `subdirectory: {found[3]}`"
        )
    if "#" in value and _LOOKS_REMOTE.match(value):
        raise ValueError(f"{value!r}: a branch or folder after # belongs into `ref` and `subdirectory`")
    if not value or value.startswith("-") or (_LOOKS_REMOTE.match(value) and not is_git(value)):
        raise ValueError(
            f"{value!r} is neither a folder nor a git URL (https://..., ssh://..., user@host:path, file://...)"
        )
    return value


Source = Annotated[str, AfterValidator(_source)]
