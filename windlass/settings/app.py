"""The settings of one app."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, ValidationInfo, field_validator

from windlass.settings.domain import Domain
from windlass.settings.environment import as_text, fault_of_inline_secret, fault_of_name, fault_of_value
from windlass.settings.limits import Limits
from windlass.settings.model import Faults, Model
from windlass.settings.sandbox import Sandbox
from windlass.settings.secret import Secret, SecretSource
from windlass.settings.tls import Tls
from windlass.settings.words import (
    BodySize,
    Command,
    DebianPackage,
    GitRef,
    HealthPath,
    MemorySize,
    ProjectPath,
    Source,
    SourcePath,
    UrlPrefix,
    Version,
    WorkerClass,
    Wsgi,
    is_git,
)


def _environment(variables: Any, info: ValidationInfo) -> Any:
    """Variables as text, each of a name and value that may be set in the inventory."""
    if not isinstance(variables, dict):
        return variables  # which pydantic refuses
    texts: dict[Any, str | None] = {}
    faults: list[tuple[tuple[str | int, ...], str]] = []
    for name, value in variables.items():
        text = as_text(value)
        texts[name] = text
        fault = fault_of_name(name, info.data.get("allow_env", ()))
        if text is None:
            fault = f"YAML does not read the value of {name} as text: put it in quotes"
        elif not fault:
            fault = fault_of_value(name, text) or fault_of_inline_secret(name, text)
        faults += [((name,), fault)] if fault else []
    if faults:
        raise Faults(faults)
    return texts


def _names(names: list[str], info: ValidationInfo) -> list[str]:
    allowed = names if info.field_name == "allow_env" else info.data.get("allow_env", ())
    faults = [((place,), fault) for place, name in enumerate(names) if (fault := fault_of_name(name, allowed))]
    if faults:
        raise Faults(list(faults))
    return names


def _sources(sources: dict[str, SecretSource], info: ValidationInfo) -> dict[str, SecretSource]:
    allowed = info.data.get("allow_env", ())
    faults = [((name,), fault) for name in sources if (fault := fault_of_name(name, allowed))]
    if faults:
        raise Faults(list(faults))
    return sources


def _command(value: str) -> str:
    try:
        shlex.split(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not a command: {str(error).lower()}") from None
    return value


def _static(folders: dict[str, str]) -> dict[str, str]:
    """The folders by prefix without trailing slashes."""
    trimmed = {prefix.rstrip("/"): folder.rstrip("/") for prefix, folder in folders.items()}
    twice = next((prefix for prefix in folders if prefix.endswith("/") and prefix.rstrip("/") in folders), None)
    if twice:
        raise ValueError(f"{twice.rstrip('/')!r} and {twice!r} differ in their last / only")
    for prefix in trimmed:
        if f"{prefix}/".startswith("/.well-known/acme-challenge/"):
            raise ValueError(f"{prefix} belongs to the ACME challenge")
    return trimmed


class Gunicorn(Model):
    """How Gunicorn runs an app."""

    workers: Annotated[int, Field(ge=1, le=512)] | None = Field(
        None, description="Worker processes; by default from the host's CPUs and memory."
    )
    threads: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        None, description="Threads of each worker; by default from the host's CPUs and memory."
    )
    worker_class: WorkerClass = Field("gthread", description="The kind of worker.")
    timeout: int = Field(
        30,
        ge=1,
        le=86400,
        description="Seconds after which a worker is replaced that is silent, or whose threads all hang.",
    )
    graceful_timeout: Annotated[int, Field(ge=1, le=86400)] | None = Field(
        None,
        description="Seconds that requests in flight get when a worker stops; at least and by default drain_timeout.",
    )
    max_requests: int = Field(10_000, ge=0, description="Requests after which a worker is replaced; 0 means never.")
    max_requests_jitter: int = Field(
        1000, ge=0, description="Random addition to max_requests, so that workers are not replaced all at once."
    )
    access_log: bool = Field(True, description="A line per request in the journal; off for apps that log their own.")
    version: Version | None = Field(
        None, description="The version to install where the app's requirements name none; by default a tested one."
    )


class Nginx(Model):
    """How nginx serves an app."""

    body_limit: BodySize = Field("10m", description="The largest request body that is accepted.")
    proxy_timeout: int = Field(60, ge=1, le=86400, description="Seconds that nginx waits for the app.")


class AppSettings(Model):
    """One Flask app (any WSGI app) of a host; its name is also its Unix user and the stem of its units."""

    source: Source = Field(description="Where the code is: a folder, relative to the project folder, or a git URL.")
    ref: GitRef | None = Field(
        None, description="The git branch, tag or commit to deploy; by default the default branch."
    )
    wsgi: Wsgi = Field(description="The WSGI object, MODULE:APP or MODULE:FACTORY().")
    python_path: list[SourcePath] | None = Field(
        None, description="Folders of the source that Python imports from; by default its top folder."
    )
    requirements: SourcePath | None = Field(
        None,
        description="The file that lists what to install; by default uv.lock, requirements.txt or pyproject.toml.",
    )
    packages: list[DebianPackage] = Field(default_factory=list, description="Debian packages that the app needs.")
    release_command: Annotated[Command, AfterValidator(_command)] | None = Field(
        None, description="A command to run in each new release before it gets traffic, such as migrations."
    )
    release_timeout: int = Field(600, ge=1, le=86400, description="Seconds that the release command may take.")
    run_once: bool | None = Field(
        None,
        description="Whether the release command runs on one host only of a run, for all whose database is the same; by"
        " default where the app's environment has the URL of one on another machine.",
    )
    health_path: HealthPath = Field(
        "/healthz", description="The path that must answer well before a release gets traffic."
    )
    health_timeout: int = Field(30, ge=1, le=3600, description="Seconds that a new release has to become healthy.")
    watch: int = Field(
        2, ge=0, le=3600, description="Seconds that a new release is watched with the traffic before the old one ends."
    )
    max_failed_requests: int = Field(
        0, ge=0, description="Failed requests during a switch, out of some hundred of our own, that do not undo it."
    )
    drain_timeout: int = Field(
        30, ge=0, le=3600, description="Seconds that the old release has to finish its requests."
    )
    keep_releases: int = Field(5, ge=1, le=100, description="Releases kept on the host for a rollback.")
    domains: list[Domain] = Field(min_length=1, description="The domains that the app answers to.")
    tls: Tls | None = Field(None, description="The app's own TLS settings in place of the host's.")
    allow_env: Annotated[list[str], AfterValidator(_names)] = Field(
        default_factory=list,
        description="Environment variables that may be set although they change how processes start (LD_PRELOAD).",
    )
    env: Annotated[dict[str, str], BeforeValidator(_environment)] = Field(
        default_factory=dict,
        description="Environment variables that are no secrets. Values that YAML would change (0123, 12:30, yes) are"
        " refused; true and false are these words.",
    )
    env_file: ProjectPath | None = Field(
        None,
        description="A file of secret environment variables (NAME=value lines), mode 0600, ignored by git.",
    )
    secrets: Annotated[dict[str, SecretSource], AfterValidator(_sources)] = Field(
        default_factory=dict,
        description="Secret environment variables that a command or the environment of this machine gives.",
    )
    required_env: Annotated[list[str], AfterValidator(_names)] = Field(
        default_factory=list,
        description="Environment variables that must be set, and not to a placeholder, before anything is done.",
    )
    static: Annotated[dict[UrlPrefix, SourcePath], AfterValidator(_static)] = Field(
        default_factory=dict, description="Folders of the source that nginx serves itself, by URL prefix."
    )
    gunicorn: Gunicorn = Field(default_factory=Gunicorn, description="How Gunicorn runs the app.")
    nginx: Nginx = Field(default_factory=Nginx, description="How nginx serves the app.")
    limits: Limits = Field(default_factory=Limits, description="What one visitor may take of the app.")
    sandbox: Sandbox = Field(default_factory=Sandbox, description="What the app may do on its host.")
    memory_max: MemorySize | None = Field(
        None, description="Memory that the app may use before it is stopped; by default 80 % of the host's."
    )
    tasks_max: Annotated[int, Field(ge=16, le=1_000_000)] | None = Field(
        None, description="Processes and threads that the app may have; by default 512, or 8 times its Gunicorn's."
    )

    _secrets: dict[str, Secret] | None = PrivateAttr(None)
    _project: Path = PrivateAttr(default_factory=Path.cwd)

    def model_post_init(self, context: Any) -> None:
        """Keeps the project folder, where commands of `secrets` run."""
        super().model_post_init(context)
        self._project = (context or {}).get("project") or Path.cwd()

    @field_validator("ref")
    @classmethod
    def _ref_needs_git(cls, ref: str | None, info: ValidationInfo) -> str | None:
        source = info.data.get("source")
        if ref is not None and source is not None and not is_git(source):
            raise ValueError(f"ref is for a git URL, and source is the folder {source!r}")
        return ref

    @property
    def project(self) -> Path:
        """The project folder, which relative paths are below."""
        return self._project

    @property
    def from_git(self) -> bool:
        """Whether `source` is a git URL."""
        return is_git(self.source)

    @property
    def source_folder(self) -> Path | None:
        """The folder of the code, None = it comes from git."""
        return None if self.from_git else self._project / self.source

    def secrets_read_by(self, read: Callable[["AppSettings"], dict[str, Secret]]) -> dict[str, Secret]:
        """What `read` gives as the secrets of `env_file` and `secrets`, asked once: their commands may take long."""
        if self._secrets is None:
            self._secrets = read(self)
        return dict(self._secrets)
