"""What differs between the secrets of an app here and on a host: names, never a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.release.environment import fingerprints

if TYPE_CHECKING:
    from collections.abc import Mapping

    from windlass.agent.release.environment import Environment


@dataclass(frozen=True)
class Difference:
    """Names that the next release of an app would add, remove and change; `deployed` is False without a release."""

    app: str
    deployed: bool
    added: list[str]
    removed: list[str]
    changed: list[str]

    @classmethod
    def between(cls, app: str, here: Environment, there: Mapping[str, str] | None, key: bytes) -> Difference:
        """`there` are the fingerprints of the current release's environment by that key; None = there is none."""
        ours, theirs = fingerprints(here.variables, key), there or {}
        return cls(
            app,
            deployed=there is not None,
            added=sorted(name for name in here.secret if name not in theirs),
            removed=sorted(name for name in theirs if name not in ours),
            changed=sorted(name for name in here.secret if name in theirs and theirs[name] != ours[name]),
        )

    def __str__(self) -> str:
        if not self.deployed:
            return f"{self.app}  not deployed"
        signs = [("+", self.added), ("-", self.removed), ("~", self.changed)]
        words = [f"{sign} {name}" for sign, names in signs for name in names]
        return f"{self.app}  " + ("  ".join(words) or "no difference")
