"""All that an app's code says of how it wants to be deployed."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import cached_property

from windlass.errors import SourceError
from windlass.settings.secret_names import is_secret
from windlass.source import imports
from windlass.source.discovery import FOLDERS, candidates, discover
from windlass.source.discovery import Found as App
from windlass.source.reading import platforms, running
from windlass.source.reading.code import Code, Found, dotted, first_text
from windlass.source.reading.values import Values
from windlass.source.reading.variables import Variable, keys_in_the_code, variables
from windlass.source.reading.written import written
from windlass.source.requirements import file_of
from windlass.source.tree import Tree

INSTANCES = ("instance/", "src/instance/")  # which are data without being named


@dataclass(frozen=True)
class Findings:
    """What was found in `source`; `folder` is the one in it that the app runs from, `""` = its top.

    `chosen`: the user has said which app it is.
    """

    source: Tree
    entry: App
    folder: str = ""
    chosen: bool = False

    @cached_property
    def code(self) -> Code:
        """The code of the app."""
        return Code(self.source)

    @cached_property
    def requirements(self) -> str | None:
        """The file that says what to install, None = there is none."""
        return file_of(self.source)

    @cached_property
    def proposed(self) -> list[Found]:
        """What to install by what is imported, where no file says it."""
        found = [] if self.requirements else imports.proposed(self.source)
        return [Found(each.requirement, each.place) for each in found]

    @cached_property
    def data(self) -> list[Found]:
        """The paths that the app writes, without those that need no naming."""
        text = self.source.text("requirements.txt") if "requirements.txt" in self.source else ""
        return [found for found in written(self.code, text) if found.value not in INSTANCES]

    @cached_property
    def variables(self) -> list[Variable]:
        """The environment variables that it reads."""
        return variables(self.code)

    @cached_property
    def release_command(self) -> Found | None:
        """What is to run before each release: by the word of a Procfile, else migrations."""
        return platforms.release_command(self.source) or running.migrations(self.code)

    @cached_property
    def setup_command(self) -> Found | None:
        """What prepares a new database, once; migrations do it by themselves."""
        return None if running.migrations(self.code) else running.setup(self.code)

    @cached_property
    def static(self) -> Found | None:
        """The folder that nginx can serve at /static: not where the app puts files in it, which are its own."""
        found = running.static(self.code)
        inside = found and any(path.value.startswith(found.value) for path in self.data)
        return None if inside else found

    @cached_property
    def health(self) -> Found | None:
        """The path to ask for its health, None = it is found by trying."""
        found = running.health(self.code)
        return None if found is None or found.value == "/healthz" else found

    @cached_property
    def websockets(self) -> list[Found]:
        """Where it speaks WebSocket."""
        return running.websockets(self.code)

    @cached_property
    def one_process(self) -> Found | None:
        """Why it must run as one process."""
        return running.one_process(self.code)

    @cached_property
    def remarks(self) -> list[str]:
        """What whoever deploys it should know, sentence by sentence."""
        values = Values(self.code)
        known = {variable.name for variable in self.variables if variable.signing}
        said = [
            f"{found.place}: the secret key is a text in the code; who reads it can sign in as anybody. Read it from"
            ' the environment: os.environ["SECRET_KEY"]'
            for found in keys_in_the_code(self.code)
            if not known
        ]
        said += [
            f"{module.place(call)}: {variable} has a value in the code that all who read it know"
            for module, call, name in self.code.calls()
            if name.endswith(("environ.get", "getenv")) and len(call.args) > 1
            if is_secret(variable := first_text(call) or "") and variable not in known
            if values.text(module, call.args[1])
        ]
        outside = [
            f"{module.place(call)}: {dotted(call.func)} leads to {text}, where the app may not write"
            for module, call, name in self.code.calls()
            if name in ("os.makedirs", "os.mkdir", "sqlite3.connect") and call.args
            if (text := values.text(module, call.args[0]) or "").startswith("/") and text.isprintable()
            if not text.startswith(("/tmp/", "/var/lib/"))  # noqa: S108
        ]
        return said + outside


def look(source: Tree, wsgi: str | None = None) -> Findings:
    """Reads a source. `wsgi` chooses among several apps. Raises SourceError where there is none, or several."""
    found = _named(source, wsgi) if wsgi else _found(source)
    folder = "" if found.folder in FOLDERS else found.folder.removesuffix("/src")
    return Findings(below(source, folder) if folder else source, found, folder, chosen=wsgi is not None)


def _found(source: Tree) -> App:
    try:
        return discover(source)
    except SourceError as error:
        usable = [each for each in candidates(source) if not each.needs]
        if len(usable) < 2:
            raise SourceError(
                str(error.args[0]), hint="Is it the right folder? --wsgi MODULE:APP names any WSGI object."
            ) from None
        places = "".join(f"\n  --wsgi {each.wsgi:30} {each.place}" for each in usable)
        raise SourceError(f"{source.label}: there are several apps in it; choose one:{places}") from None


def _named(source: Tree, wsgi: str) -> App:
    """An app that the user names; its module is there."""
    for each in candidates(source):
        if each.wsgi.removesuffix("()") == wsgi.removesuffix("()"):
            return each
    stem = wsgi.partition(":")[0].replace(".", "/")
    for folder in FOLDERS:
        whole = posixpath.normpath(posixpath.join(folder, stem))
        if f"{whole}.py" in source or f"{whole}/__init__.py" in source:
            return App(wsgi, folder, "--wsgi", "it is named")
    raise SourceError(f"{source.label}: there is no file {stem}.py, which --wsgi {wsgi} asks for")


def below(source: Tree, folder: str) -> Tree:
    """The part of a source that lies in a folder of it."""
    from dataclasses import replace

    label = posixpath.join(source.label, folder)
    start = f"{folder}/"
    inner = [entry for path, entry in source.entries.items() if path.startswith(start)]
    return Tree(label, [replace(each, path=each.path.removeprefix(start)) for each in inner])
