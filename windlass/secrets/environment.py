"""The whole environment of an app on a host, from all sources, checked before any connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.errors import InventoryError
from windlass.secrets.committed import check_nothing_committed
from windlass.secrets.elsewhere import own_secrets
from windlass.settings.environment import LARGEST, fault_of_name, is_placeholder
from windlass.settings.secret import Secret
from windlass.settings.secret_names import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from windlass.agent.release.environment import Environment
    from windlass.host import Host


def environment_of(host: Host, app: str) -> Environment:
    """The environment of an app, in which what does not stand in the inventory is secret, and what is called so.

    Raises InventoryError with all that is wrong.
    """
    from windlass.agent.release.environment import Environment  # with all resources, which a check need not wait for

    plain = host.settings.apps[app].env
    variables = {name: variable.value for name, variable in variables_of(host, app).items()}
    secret = (name for name in variables if name not in plain or is_secret(name) or host.from_vault(app, name))
    return Environment(variables, frozenset(secret))


def variables_of(host: Host, app: str) -> dict[str, Secret]:
    """The variables of an app: `env`, `env_file`, `secrets` and inventory/secrets, each name from one of them alone.

    Raises InventoryError with all that is wrong.
    """
    settings = host.settings.apps[app]
    sealed = host.secrets(app)
    own = own_secrets(settings)
    plain = {name: Secret(value, "`env`") for name, value in settings.env.items()}
    found = {**plain, **own, **sealed}
    faults = [
        f"{app}: {name} is set in two places, {first[name].place} and {second[name].place}; remove one of them"
        for first, second in ((plain, own), (plain, sealed), (own, sealed))
        for name in sorted(first.keys() & second.keys())
    ]
    faults += [
        f"{secret.place}: {app} on {host.name}: {fault}"
        for name, secret in sealed.items()
        if (fault := fault_of_name(name, settings.allow_env))
    ]
    faults += _faults_of_required(app, settings.required_env, found)
    size = sum(len(f"{name}={secret.value}".encode()) + 1 for name, secret in found.items())
    if size > LARGEST:
        faults.append(f"{app}: the environment takes {size} bytes, and a process is given {LARGEST} at most")
    if faults:
        raise InventoryError("\n".join(faults))
    return found


def check(hosts: Iterable[Host], app: str | None = None) -> list[str]:
    """Reads the environments of these hosts' apps (`app` None = all); gives back what the user should hear of once.

    Raises InventoryError with all that is wrong in any of them.
    """
    hosts = list(hosts)
    _check_folders(hosts)
    faults: dict[str, None] = {}
    takers: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for host in hosts:
        for name, settings in host.settings.apps.items():
            if app not in (None, name):
                continue
            try:
                variables_of(host, name)
            except InventoryError as error:
                faults[str(error)] = None
                continue
            for key, secret in {**own_secrets(settings), **host.secrets(name)}.items():
                known = not settings.required_env or key in settings.required_env
                takers.setdefault((key, secret.place), []).append((name, known))
    if faults:
        raise InventoryError("\n".join(faults))
    return [_stranger(key, place, apps) for (key, place), apps in takers.items() if not any(known for _, known in apps)]


def _check_folders(hosts: list[Host]) -> None:
    folders = [settings.source_folder for host in hosts for settings in host.settings.apps.values()]
    check_nothing_committed(folder for folder in folders if folder)


def _stranger(key: str, place: str, apps: list[tuple[str, bool]]) -> str:
    names = " and ".join(dict.fromkeys(name for name, _ in apps))
    return f"{place}: {names} gets {key}, which its required_env does not list; add it there, or remove it here"


def _faults_of_required(app: str, required: list[str], found: Mapping[str, Secret]) -> list[str]:
    faults = []
    for name in required:
        if name not in found:
            faults.append(
                f"{app}: {name} is missing, and required_env asks for it (./deploy.py secrets set {name} --app {app})"
            )
        elif is_placeholder(found[name].value):
            faults.append(f"{found[name].place}: {name} is still a placeholder; give it its real value")
    return faults
