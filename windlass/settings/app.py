"""The settings of one app."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, ValidationInfo, field_validator

from windlass.settings.data import DataPaths, apart_from
from windlass.settings.domain import Domain
from windlass.settings.gunicorn import Gunicorn
from windlass.settings.limits import Limits
from windlass.settings.model import Model
from windlass.settings.nginx import Nginx
from windlass.settings.sandbox import Sandbox
from windlass.settings.secret import Secret, SecretSource
from windlass.settings.tls import Tls
from windlass.settings.variables import names_of_variables, secret_sources, variables
from windlass.settings.words import (
    Command,
    DebianPackage,
    GitRef,
    HealthPath,
    MemorySize,
    ProjectPath,
    Python,
    RequirementsSource,
    Source,
    SourcePath,
    UrlPrefix,
    Wsgi,
    is_git,
)


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


def _trimmed(prefixes: list[str]) -> list[str]:
    """Each prefix once, without trailing slashes."""
    return list(dict.fromkeys(prefix.rstrip("/") for prefix in prefixes))


class AppSettings(Model):
    """One Flask app (any WSGI app) of a host; its name is also its Unix user and the stem of its units."""

    source: Source = Field(description="Where the code is: a folder, relative to the project folder, or a git URL.")
    ref: GitRef | None = Field(
        None, description="The git branch, tag or commit to deploy; by default the default branch."
    )
    subdirectory: SourcePath | None = Field(
        None, description="The folder of the source in which the app lies; by default its top folder."
    )
    wsgi: Wsgi | None = Field(
        None,
        description="The WSGI object, MODULE:APP or MODULE:FACTORY(); by default what a Procfile, a Dockerfile or"
        " FLASK_APP names, else what `flask` itself would find, else the only app that lies there.",
    )
    python_path: list[SourcePath] | None = Field(
        None, description="Folders of the source that Python imports from; by default its top folder."
    )
    requirements: RequirementsSource | None = Field(
        None,
        description="What to install: requirements, or the file that lists them; by default uv.lock, requirements.txt,"
        " another lock file, pyproject.toml, Pipfile, setup.cfg or setup.py, whichever comes first.",
    )
    python: Python | None = Field(
        None,
        description="The Python of the host that runs the app, where it is not to be the distribution's own: a version"
        " such as '3.12', or a path; by default one that the source asks for, if it is there.",
    )
    packages: list[DebianPackage] = Field(default_factory=list, description="Debian packages that the app needs.")
    setup_command: Annotated[Command, AfterValidator(_command)] | None = Field(
        None, description="A command to run before the first release on a host alone, such as one that makes tables."
    )
    release_command: Annotated[Command, AfterValidator(_command)] | None = Field(
        None, description="A command to run in each new release before it gets traffic, such as migrations."
    )
    release_timeout: int = Field(
        600, ge=1, le=86400, description="Seconds that `setup_command` and `release_command` may each take."
    )
    run_once: bool | None = Field(
        None,
        description="Whether the release command runs on only one of the hosts that share a database; by default"
        " true where the app's environment has the URL of a database on another machine.",
    )
    health_path: HealthPath | None = Field(
        None,
        description="The path that must answer with 2xx before a release gets traffic; by default /healthz, and where"
        " there is none, / with anything but an error of the server (5xx).",
    )
    health_timeout: int = Field(30, ge=1, le=3600, description="Seconds that a new release has to become healthy.")
    watch: Annotated[int, Field(ge=0, le=3600)] | None = Field(
        None,
        description="Seconds that a new release is watched with the traffic before the old one ends; by default until"
        " 100 requests of our own were answered, half a second to two.",
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
    allow_env: Annotated[list[str], AfterValidator(names_of_variables)] = Field(
        default_factory=list,
        description="Environment variables that may be set although they change how processes start (LD_PRELOAD).",
    )
    env: Annotated[dict[str, str], BeforeValidator(variables)] = Field(
        default_factory=dict,
        description="Environment variables that are no secrets. Values that YAML would change (0123, 12:30, yes) are"
        " refused; true and false are these words.",
    )
    env_file: ProjectPath | None = Field(
        None,
        description="A file of secret environment variables (NAME=value lines), mode 0600, ignored by git.",
    )
    secrets: Annotated[dict[str, SecretSource], AfterValidator(secret_sources)] = Field(
        default_factory=dict,
        description="Secret environment variables that a command or the environment of this machine gives.",
    )
    required_env: Annotated[list[str], AfterValidator(names_of_variables)] = Field(
        default_factory=list,
        description="Environment variables that must be set, and not to a placeholder, before anything is done.",
    )
    static: Annotated[dict[UrlPrefix, SourcePath], AfterValidator(_static)] = Field(
        default_factory=dict, description="Folders of the source that nginx serves itself, by URL prefix."
    )
    websockets: Annotated[list[UrlPrefix], AfterValidator(_trimmed)] = Field(
        default_factory=list,
        description="URL paths, and what is below them, where a connection may become a WebSocket.",
    )
    data: DataPaths = Field(
        default_factory=list,
        description="Files and folders in the code that the app writes, e.g. uploads, logs, app.db: they live in"
        " /var/lib/APP, and what the source has there is their first content. `instance` always is one. A name with a"
        " dot is a file, unless the source has it as a folder, or it ends with /.",
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

    @field_validator("websockets")
    @classmethod
    def _websockets_are_the_apps(cls, websockets: list[str], info: ValidationInfo) -> list[str]:
        served = next((prefix for prefix in websockets if prefix in info.data.get("static", {})), None)
        if served:
            raise ValueError(f"{served!r} is served by nginx itself (`static`), so the app has no WebSocket there")
        return websockets

    @field_validator("data")
    @classmethod
    def _data_is_not_served(cls, data: list[str], info: ValidationInfo) -> list[str]:
        return apart_from(info.data.get("static", {}), data)

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
        return None if self.from_git else self._project / self.source / (self.subdirectory or "")

    def secrets_read_by(self, read: Callable[["AppSettings"], dict[str, Secret]]) -> dict[str, Secret]:
        """What `read` gives as the secrets of `env_file` and `secrets`, asked once: their commands may take long."""
        if self._secrets is None:
            self._secrets = read(self)
        return dict(self._secrets)
