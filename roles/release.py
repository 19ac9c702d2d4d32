"""An app's release: the one thing that gets its traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roles.sandbox import properties, sandbox
from windlass.agent.release.configuration import digest
from windlass.agent.resources import Release, Rollback
from windlass.agent.resources.content import Content
from windlass.secrets.environment import environment_of
from windlass.sizing import workers_and_threads
from windlass.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.resources import Resource
    from windlass.app import App
    from windlass.host import Host
    from windlass.settings import AppSettings


# Without a setting: how long a new release is watched at most (seconds), and after how many good answers it is enough.
WATCH, ENOUGH = 2, 100


def release(host: Host, app: App) -> Iterator[Resource]:
    """Code, venv, environment and units of the app, in traffic once they are healthy."""
    assert host.facts is not None  # noqa: S101 - roles run after HELLO
    settings, source = app.settings, app.source
    process, gunicorn = _process(app), _gunicorn_conf(host, app)
    yield Release(
        **_serving(host, app.name, settings),
        code=Content.of(source.archive),
        digest=source.digest,
        size=source.size,
        venv=app.venv(host.facts),
        environment=Content.of(environment_of(host, app.name).to_json()),
        gunicorn_conf=Content.of(gunicorn),
        gunicorn_digest=digest(gunicorn.encode()),
        service=Content.of(
            render(
                "systemd/app.service.j2",
                app=app,
                process=process,
                sandbox=sandbox(host, app),
                stop_timeout=settings.drain_timeout + 2,
            )
        ),
        socket=Content.of(render("systemd/app.socket.j2", app=app)),
        static=sorted(settings.static.values()),
        data=source.data,
        process=process,
        sandbox=properties(host, app),
        setup_command=settings.setup_command or "",
        release_command=settings.release_command or "",
        release_timeout=settings.release_timeout,
        elsewhere=app.led,
        commit=source.commit,
        dirty=source.dirty,
    )


def rollback(host: Host, name: str, settings: AppSettings, to: str) -> Rollback:
    """The way back to the release `to` of an app ("" = the good one before the current)."""
    return Rollback(**_serving(host, name, settings), to=to)


def _serving(host: Host, name: str, settings: AppSettings) -> dict[str, Any]:
    """What a new release and a way back share, as fields."""
    return {
        "app": name,
        "host_name": settings.domains[0],
        "health_path": settings.health_path or "",
        "tls": host.settings.tls_of(settings).mode != "off",
        "health_timeout": settings.health_timeout,
        "drain_timeout": settings.drain_timeout,
        "watch": WATCH if settings.watch is None else settings.watch,
        "enough": ENOUGH if settings.watch is None else 0,
        "max_failed_requests": settings.max_failed_requests,
        "keep": settings.keep_releases,
    }


def _process(app: App) -> dict[str, str]:
    """What every process of a release has in its environment; %i is the release."""
    here = f"{app.home}/releases/%i"
    folders = [f"{here}/code" if folder == "." else f"{here}/code/{folder}" for folder in app.source.python_path]
    return {
        "FLASK_APP": app.source.wsgi,
        "FLASK_DEBUG": "0",
        # Else a call of app.run() at the import would start Flask's own server, in debug mode where it says so.
        "FLASK_RUN_FROM_CLI": "true",
        "HOME": app.data,
        "PATH": f"{here}/venv/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",  # it could not: the code belongs to root
        # Packages in HOME would outlive every release, and nobody would see them.
        "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": ":".join(folders),
        "PYTHONUNBUFFERED": "1",
        "STATE_DIRECTORY": app.data,
        "TMPDIR": "/tmp",  # noqa: S108 - its own, but for `sandbox: off`
        "XDG_CACHE_HOME": f"{app.data}/.cache",
        "XDG_CONFIG_HOME": f"{app.data}/.config",
        "XDG_DATA_HOME": f"{app.data}/.local/share",
        "XDG_STATE_HOME": f"{app.data}/.local/state",
    }


def _gunicorn_conf(host: Host, app: App) -> str:
    assert host.facts is not None  # noqa: S101 - roles run after HELLO
    workers, threads = workers_and_threads(app.settings, host.facts, len(host.settings.apps))
    alone, _ = workers_and_threads(app.settings, host.facts, 1)
    gunicorn = app.settings.gunicorn
    return render(
        "gunicorn.conf.py.j2",
        name=app.name,
        wsgi=app.source.wsgi,
        workers=workers,
        alone=None if app.settings.gunicorn.workers else alone,
        threads=threads,
        gunicorn=gunicorn,
        patience=_patience(app.settings),
        hooks=app.source.hooks,
        # Gunicorn must not give up on a request that systemd and the drain would still wait for.
        graceful_timeout=max(gunicorn.graceful_timeout or 1, app.settings.drain_timeout),
    )


def _patience(settings: AppSettings) -> int:
    """For how many seconds a request may be without a byte of its answer before it counts as stuck."""
    nginx = settings.nginx
    return max(2 * settings.gunicorn.timeout, nginx.proxy_timeout if "proxy_timeout" in nginx.model_fields_set else 0)
