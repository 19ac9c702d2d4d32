"""`inventory/secrets`: one encrypted file for `all`, a group or a host, merged as variables are."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from windlass.agent import files
from windlass.errors import InventoryError, UsageError
from windlass.inventory.problems import did_you_mean
from windlass.secrets.recipients import NAME, Recipients
from windlass.secrets.shown import shown
from windlass.secrets.text import Entries, entries
from windlass.secrets.turn import turn
from windlass.settings.environment import fault_of_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from windlass.secrets.keyring import Keyring
    from windlass.settings.secret import Secret

    Name = tuple[str | None, str]  # of a secret, and of the app that it is for

ENDING = ".yml.age"
LAB = "lab"  # a group that comes and goes


class Folder:
    """The secrets files of a project; each is opened once, when it is first needed.

    `names` are those of all groups and hosts; `apps_of` gives the apps of the hosts of one of them, each with the
    names that its `allow_env` allows; `tell` takes what a user should know of a secret that nobody gets, None = stderr
    does.
    """

    def __init__(
        self,
        path: Path,
        names: Collection[str],
        apps_of: Callable[[str], Mapping[str, Collection[str]]],
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.path = path
        self.names = names
        self._apps_of = apps_of
        self.tell = tell or _to_stderr
        self._opened: dict[str, Entries] = {}
        self._texts: dict[bytes, str] = {}  # by what is sealed, for a passphrase takes a second each time
        self._keyring: Keyring | None = None
        self._checked = False

    def of(self, levels: Iterable[str], app: str) -> dict[str, Secret]:
        """The secrets of an app on a host, whose groups (the widest first) and name are `levels`: the last wins."""
        merged: dict[str, Secret] = {}
        for level in self._present(levels):
            found = self.entries(level)
            for wanted in (None, app):  # what is for one app wins over what is for all
                merged |= {name: secret for (owner, name), secret in found.items() if owner == wanted}
        return merged

    def levels(self) -> list[str]:
        """The groups and hosts that have a file, by name."""
        if not self.path.is_dir():
            return []
        # A crash may have left a hidden one.
        return sorted(path.name.removesuffix(ENDING) for path in self.path.glob(f"[!.]*{ENDING}"))

    def entries(self, level: str) -> Entries:
        """What the file of a group or host holds. Raises InventoryError."""
        if level not in self._opened:
            found = entries(self.text(level), shown(self.file(level)))
            strangers = self._strangers(found, level)
            self._refuse(found, self._faults_of_names((name for name in found if name not in strangers), level))
            for (app, key), fault in strangers.items():
                place = found[app, key].place
                self.tell(f"{place}: {fault}; to be rid of it: ./deploy.py secrets unset {key} --app {app}{_of(level)}")
            self._opened[level] = found
        return self._opened[level]

    def checked(self, text: str, level: str) -> Entries:
        """The secrets in a text that is, or shall be, the file of `level`. Raises InventoryError."""
        found = entries(text, shown(self.file(level)))
        self._refuse(found, self.faults_of_names(found, level))
        return found

    def faults_of_names(self, names: Iterable[Name], level: str) -> dict[Name, str]:
        """Why some of these names, each with its app, cannot be set in the file of a group or host."""
        strangers = self._strangers(names, level)
        return strangers | self._faults_of_names((name for name in names if name not in strangers), level)

    def _refuse(self, found: Entries, faults: Mapping[Name, str]) -> None:
        if faults:
            raise InventoryError("\n".join(f"{found[place].place}: {fault}" for place, fault in faults.items()))

    def _strangers(self, names: Iterable[Name], level: str) -> dict[Name, str]:
        """Those of these names that are for apps which no host of the group has, be they gone or misspelt."""
        apps = self._apps_of(level)
        return {
            (app, key): f"no host of {level!r} has an app {app!r}{did_you_mean(app, apps)}"
            for app, key in names
            if apps and app is not None and app not in apps
        }

    def _faults_of_names(self, names: Iterable[Name], level: str) -> dict[Name, str]:
        apps = self._apps_of(level)
        faults: dict[Name, str] = {}
        for app, key in names:
            # What is for every app must be allowed by every app.
            takers = [allowed for other, allowed in apps.items() if app in (None, other)]
            if fault := fault_of_name(key, set.intersection(*map(set, takers)) if takers else ()):
                faults[app, key] = fault
        return faults

    def file(self, level: str) -> Path:
        """Where the secrets of a group or host lie."""
        return self.path / f"{level}{ENDING}"

    def text(self, level: str) -> str:
        """The decrypted text of a file; of one that is not there, nothing."""
        file = self.file(level)
        if not file.exists():
            return ""
        try:
            sealed = file.read_bytes()
        except OSError as error:
            raise InventoryError(f"{shown(file)}: cannot be read: {error.strerror}") from None
        try:
            if sealed not in self._texts:
                self._texts[sealed] = self.keyring.open(sealed, shown(file)).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InventoryError(f"{shown(file)}: what is in it is not UTF-8 text") from None
        return self._texts[sealed]

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Nobody else changes secrets meanwhile. Raises InventoryError when nothing could be encrypted."""
        Recipients.read(self.path / NAME)
        with turn(self.path):
            self._opened.clear()
            yield

    def write(self, level: str, text: str) -> None:
        """Replaces the file of a group or host at once."""
        recipients = Recipients.read(self.path / NAME)
        if recipients.keys is None and not self.keyring.has_passphrase and (others := self.levels()):
            self.text(others[0])  # whose passphrase all the others have, too
        self.replace({level: self.keyring.seal(text.encode(), recipients)})

    def rekey(self, recipients: Recipients) -> int:
        """Encrypts all files anew; gives back how many. Raises UsageError where the user could open none of them then.

        Interrupted, it leaves some of the old and some of the new, and the next one finishes.
        """
        texts = {level: self.text(level) for level in self.levels()}  # nothing is written before all are open
        self.keyring.forget_passphrase()
        sealed = {level: self.keyring.seal(text.encode(), recipients) for level, text in texts.items()}
        if recipients.keys is not None:
            self._check_own(recipients)
        self.replace(sealed)
        return len(sealed)

    def _check_own(self, recipients: Recipients) -> None:
        from windlass.secrets.keyring import NoKey

        try:
            self.keyring.open(self.keyring.seal(b"", recipients), NAME)
        except NoKey:
            raise UsageError(
                f"{shown(self.path / NAME)}: none of your keys is in it: you could open no secret after this",
                hint="Let somebody who stays take your key out, and run this.",
            ) from None

    def replace(self, sealed: dict[str, bytes]) -> None:
        """Replaces files, each at once."""
        for level, content in sealed.items():
            files.replace(str(self.file(level)), content)
            self._opened.pop(level, None)

    @property
    def keyring(self) -> Keyring:
        """The user's keys."""
        if self._keyring is None:
            from windlass.secrets.keyring import Keyring

            self._keyring = Keyring()
        return self._keyring

    def _check_files(self) -> None:
        """Raises InventoryError for files that are no secrets files, above all such as are not encrypted."""
        faults = [fault for path in sorted(self.path.iterdir()) if (fault := self._fault(path))]
        if faults:
            raise InventoryError("\n".join(faults))

    def _present(self, levels: Iterable[str]) -> list[str]:
        if not self.path.is_dir():
            return []
        if not self._checked:
            self._check_files()
            self._checked = True
        return [level for level in dict.fromkeys(levels) if "/" not in level and self.file(level).exists()]

    def _fault(self, path: Path) -> str | None:
        name = path.name
        if name.startswith((".", "README")) or name.endswith("~") or name == NAME:
            return None
        if name.endswith(ENDING):
            level = name.removesuffix(ENDING)
            if level in self.names or level == LAB:
                return None
            way = did_you_mean(level, self.names) or f"; rename it to GROUP{ENDING} or HOST{ENDING}, or remove it"
            return f"{shown(path)}: there is no group or host {level!r}{way}"
        if name.endswith(".age"):
            return f"{shown(path)}: is not read: the name must be {name.split('.')[0]}{ENDING}"
        return (
            f"{shown(path)}: is not encrypted, or no secrets file: put what is in it into {path.stem}{ENDING}"
            f" (./deploy.py secrets edit {path.stem}), remove it, and change the secrets if it was ever committed"
        )


def _to_stderr(words: str) -> None:
    print(words, file=sys.stderr)


def _of(level: str) -> str:
    """The option that names a file other than that of all hosts."""
    return "" if level == "all" else f" --group {level}"
