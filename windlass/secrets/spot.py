"""Where a secret is kept: in the file of all hosts, a group or a host; for every app or for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.errors import UsageError
from windlass.inventory.problems import nearest
from windlass.secrets.folder import LAB
from windlass.secrets.shown import shown
from windlass.secrets.text import with_value, without
from windlass.settings.environment import fault_of_value, is_name

if TYPE_CHECKING:
    from windlass.secrets.folder import Folder
    from windlass.settings.secret import Secret


@dataclass(frozen=True)
class Spot:
    """A place for secrets; `level` is all, a group or a host, `app` None = for every app. Raises UsageError."""

    folder: Folder
    level: str
    app: str | None = None

    def __post_init__(self) -> None:
        names = self.folder.names
        if self.level not in names and self.level != LAB:
            near = nearest(self.level, names)
            hint = f"did you mean {near!r}?" if near else "./deploy.py inventory shows what there is"
            raise UsageError(f"there is no group or host {self.level!r}", hint=hint)

    def __str__(self) -> str:
        return f"{shown(self.folder.file(self.level))}{f', app {self.app}' if self.app else ''}"

    def get(self, key: str) -> Secret | None:
        """The secret of that name; None = it is not set here."""
        if not is_name(key):
            raise UsageError(f"{key!r} is not a name of an environment variable (letters, digits and _)")
        return self.folder.entries(self.level).get((self.app, key))

    def check(self, key: str) -> None:
        """Raises UsageError and InventoryError when no value at all could be set under that name."""
        self.get(key)
        for fault in self.folder.faults_of_names([(self.app, key)], self.level).values():
            raise UsageError(fault)

    def set(self, key: str, value: str) -> str:
        """Sets a secret, and says so. Raises UsageError and InventoryError for what cannot be; then nothing changes."""
        known = self.get(key)
        if fault := fault_of_value(key, value):
            raise UsageError(fault)
        if known and known.value == value:
            return f"{key} has this value already in {self}"
        text = with_value(self.folder.text(self.level), self.app, key, value)
        self.folder.checked(text, self.level)
        self.folder.write(self.level, text)
        return f"{key} ({len(value)} characters) is {'changed' if known else 'set'} in {self}"

    def unset(self, key: str) -> str:
        """Takes a secret out, and says so. Raises UsageError where it is not set."""
        if self.get(key) is None:
            raise UsageError(f"{key} is not set in {self}", hint="./deploy.py secrets list shows what there is")
        self.folder.write(self.level, without(self.folder.text(self.level), self.app, key))
        return f"{key} is taken out of {self}; the next provision takes it off the hosts"
