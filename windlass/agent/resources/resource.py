"""What every resource is: something a host must have, with a half that describes and a half that acts."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Optional

from windlass.agent.failures import Failed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.agent.machine import Machine

State = Optional[dict[str, Any]]
Diff = dict[str, tuple[Any, Any]]


class Unknown(Exception):
    """A probe cannot tell yet, because what it would ask is not there; the message says what."""


class Resource:
    """A thing that a host must have.

    Subclasses are dataclasses (`eq=False`) whose first field is the key that names them among their kind. The control
    machine only creates them; `desired`, `actual`, `apply` and `refresh` are called on the host, by the agent alone,
    after it has set `machine`.

    `notify` names later resources to refresh once when this one changes; `sensitive` hides values from every output.
    `wavering` are attributes that change without anybody's doing, e.g. whether a service runs.
    """

    machine: Machine
    notify: Sequence[Resource] = ()
    sensitive: bool = False
    wavering: Sequence[str] = ()

    @property
    def key(self) -> str:
        """What tells this resource from others of its kind: its first field."""
        return str(getattr(self, fields(self)[0].name))  # type: ignore[arg-type]

    @property
    def name(self) -> str:
        """Kind and key, e.g. `file /etc/timezone`; unique in a catalog."""
        return f"{type(self).__name__.lower()} {self.key}"

    @property
    def subject(self) -> str:
        """What on the host it is about: a path, for whatever kind of resource, else its name."""
        return self.key if self.key.startswith("/") else self.name

    def desired(self) -> State:
        """The attributes it must have, as plain values; None = it must not exist."""
        raise NotImplementedError

    def actual(self) -> State:
        """The attributes it has, same keys, read-only; None = it does not exist.

        Raises Unknown when that cannot be told yet.
        """
        raise NotImplementedError

    def apply(self, diff: Diff) -> None:
        """Brings the attributes in `diff` from actual to desired. Raises Failed with the reason."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Takes notice of a change that was notified, e.g. reloads a service."""
        raise Failed(f"{self.name} cannot be notified")

    def foresee(self, path: str, *, anew: bool) -> None:
        """Hears of the file whose change it will be notified of, before that; `anew` = nothing was owed to it."""

    def give_up(self) -> None:
        """Hears that it will not take notice in this run: what it has foreseen may be put back."""

    def patch(self) -> str:
        """The change as a unified diff for `--diff`, read before `apply`; empty = the attributes say it all."""
        return ""

    def warning(self) -> str:
        """What the change does that somebody may not want, in a line, read before `apply`; empty = nothing."""
        return ""

    def lasting(self, state: State) -> State:
        """Of a desired or actual state that which stays as it is until somebody changes it; not shown to anybody."""
        return state and {name: value for name, value in state.items() if name not in self.wavering}

    def notes(self) -> dict[str, Any]:
        """Facts for the summary after it has converged, e.g. when a certificate expires."""
        return {}


def compare(desired: State, actual: State) -> Diff:
    """What differs, attribute by attribute; a missing side counts as None under the attribute `exists`."""
    if desired is None or actual is None:
        if desired is actual:
            return {}
        diff: Diff = {"exists": (actual is not None, desired is not None)}
        return {**diff, **{key: (None, value) for key, value in (desired or {}).items()}}
    return {key: (actual.get(key), value) for key, value in desired.items() if actual.get(key) != value}
