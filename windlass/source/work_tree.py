"""What git knows of a folder: which files are its own, what the commit has in them, and which differ from it.

What goes to a host is what the commit has, whatever git makes of it in a folder: line ends, `$Id$`, encodings, modes
and links that a file system lacks. Only what somebody changed and did not commit is taken as it lies there. git
converts and compares no content for that: it would run what the repository's configuration says.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source import git, lfs
from windlass.source.contents import Contents
from windlass.source.lying import lying
from windlass.source.tree import LISTING, Entry, TooManyFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LINK, _MODULE = "120000", "160000"
_SPARSE = "S"
_IDENT = re.compile(rb"\$Id:[^$\n]*\$")


@dataclass(frozen=True)
class _Staged:
    """A file as the index has it; `oid` None = two sides of a merge have different ones."""

    path: str
    mode: str
    oid: str | None
    sparse: bool


def contents(folder: Path, label: str) -> Contents | None:
    """What a folder has in it that git tracks or would add; None where git has none of it, or is not there.

    Raises SourceError when git knows the folder and cannot tell.
    """
    if not git.is_in_repository(folder):
        return None
    found = Contents(
        label, {}, modules_hint=f"git -C {folder} submodule update --init --recursive, or list them in .deployignore."
    )
    try:
        tree = _WorkTree(folder, found)
        found.commit = tree.commit
        tree.take()
    except git.TooMuch:
        raise TooManyFiles(label) from None
    except git.GitError as error:
        said = str(error).partition("\n")[0]
        if said == git.NO_GIT or "not a git repository" in said or "cannot use bare repository" in said:
            return None
        raise SourceError(f"{label}: git does not tell what is in it: {said}", hint=_hint(folder, said)) from None
    return found if found.found or found.modules else None


def _hint(folder: Path, said: str) -> str:
    if "dubious ownership" in said:
        return f"git config --global --add safe.directory {folder}"
    return "Mend the repository, or deploy from a git URL."


class _WorkTree:
    """A work tree, or a submodule in one (`prefix` ends with `/`), that adds what it has to `into`."""

    def __init__(self, folder: Path, into: Contents, prefix: str = "") -> None:
        self.folder, self.into, self.prefix = folder, into, prefix
        head = git.run(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", expected=(0, 1))
        self.commit = head.output.decode().strip() or None
        mode = git.run(folder, "config", "--type=bool", "--get", "core.fileMode", expected=(0, 1))
        self._modes = mode.output.strip() != b"false"  # whether the file system knows what is executable
        self._is_linked = cache(self._lies_behind_a_link)

    def take(self) -> None:
        if self.commit:
            compared = ("diff-index", "--cached", "--quiet", "--no-ext-diff", "HEAD", "--", ".")
            if git.run(self.folder, *compared, expected=(0, 1)).status:
                self.into.differing.add(self.prefix)
        staged = self._staged()
        self._check_cases(staged)
        for each in staged.values():
            name = self.prefix + each.path
            if each.mode == _MODULE:
                self._take_module(each)
            else:
                self.into.found[name] = partial(self._entry, each)
                self.into.known.add(name)
        for path in self._listed("--others", "--exclude-standard"):
            if path.endswith("/"):  # a repository inside, which is no submodule
                self._take_inner(path.rstrip("/"))
            elif not self._is_linked(os.path.dirname(path)):
                self.into.found[self.prefix + path] = partial(self._new, path)

    def _listed(self, *which: str) -> list[str]:
        output = git.run(self.folder, "ls-files", "-z", *which, most=LISTING).output
        return [name for name in output.decode(errors="surrogateescape").split("\0") if name]

    def _staged(self) -> dict[str, _Staged]:
        found: dict[str, _Staged] = {}
        for line in self._listed("-t", "--stage"):
            facts, _, path = line.partition("\t")
            tag, mode, oid, stage = facts.split(" ")
            found[path] = _Staged(path, mode, oid if stage == "0" else None, tag == _SPARSE)
        return found

    def _check_cases(self, staged: dict[str, _Staged]) -> None:
        """Raises SourceError where the folder has room for one of two files only."""
        first: dict[str, str] = {}
        for path in staged:
            other = first.setdefault(path.casefold(), path)
            if (
                other != path
                and (self.folder / path).exists()
                and os.path.samefile(self.folder / path, self.folder / other)
            ):
                raise SourceError(
                    f"{self.into.label}: {self.prefix}{other} and {self.prefix}{path} are one file here, and two on the"
                    " host",
                    hint="Rename one of them, or deploy from a git URL.",
                )

    def _take_module(self, module: _Staged) -> None:
        inner = self._take_inner(module.path)
        if inner is None:
            self.into.modules.append(self.prefix + module.path)
        elif inner.commit != module.oid:
            self.into.differing.add(inner.prefix)

    def _take_inner(self, path: str) -> _WorkTree | None:
        """Takes in a repository inside; None when there is none. Else git would answer for the one around it."""
        place = self.folder / path
        if self._is_linked(path) or not (place / ".git").exists():
            return None
        inner = _WorkTree(place, self.into, f"{self.prefix}{path}/")
        inner.take()
        return inner

    def _lies_behind_a_link(self, folder: str) -> bool:
        """Whether a link is on the way to a folder: what is behind it is no file of this tree."""
        if not folder:
            return False
        return (self.folder / folder).is_symlink() or self._is_linked(os.path.dirname(folder))

    def _new(self, path: str) -> Entry | None:
        """A file that is not committed."""
        entry = lying(self.folder / path, self.prefix + path, self.into.label)
        if entry is not None:
            self.into.differing.add(entry.path)
        return entry

    def _entry(self, staged: _Staged) -> Entry | None:
        """A tracked file; None where somebody deleted it and did not commit that."""
        name = self.prefix + staged.path
        behind = self._is_linked(os.path.dirname(staged.path))
        there = None if behind else lying(self.folder / staged.path, name, self.into.label)
        if there is None:
            if staged.sparse and staged.oid:
                return self._made(staged, self._blob(staged.oid, name))
            self.into.differing.add(name)
            return None
        if there.target is not None:
            if staged.mode != _LINK or not _is(os.fsencode(there.target), staged.oid):
                self.into.differing.add(name)
            return there
        if staged.mode == _LINK and (text := there.read()) and _is(text, staged.oid):
            return self._made(staged, text)
        executable = staged.mode == "100755"
        if there.executable != executable and self._modes:
            self.into.differing.add(name)
            executable = there.executable
        return Entry(name, there.size, executable, partial(self._committed, staged, there.read))

    def _made(self, staged: _Staged, data: bytes) -> Entry:
        """A file or link of content that the folder has not."""
        name = self.prefix + staged.path
        if staged.mode == _LINK:
            return Entry(name, 0, False, bytes, os.fsdecode(data))
        return Entry(name, len(data), staged.mode == "100755", lambda: data)

    def _blob(self, oid: str, name: str) -> bytes:
        try:
            return git.run(self.folder, "cat-file", "blob", oid).output
        except git.GitError:
            raise SourceError(
                f"{self.into.label}/{name}: is not checked out, and git does not have it",
                hint="Check it out (`git sparse-checkout disable`), or list it in .deployignore.",
            ) from None

    def _committed(self, staged: _Staged, read: Callable[[], bytes]) -> bytes:
        """What is committed of a file, if the folder has but another form of it; else what the folder has."""
        data = read()
        for form in self._forms(data, staged.path):
            if _is(form, staged.oid):
                return form
        if _is(lfs.pointer(data), staged.oid):
            return data
        self.into.differing.add(self.prefix + staged.path)
        return data

    def _forms(self, data: bytes, path: str) -> Iterator[bytes]:
        yield from _plain_forms(data)
        answer = git.run(self.folder, "check-attr", "-z", "working-tree-encoding", "--", path).output
        encoding = answer.split(b"\0")[2].decode(errors="replace").lower()
        if encoding not in ("unspecified", "unset", "set", ""):
            try:
                text = data.decode(encoding.replace("le-bom", "").replace("be-bom", ""))
            except (LookupError, UnicodeError):
                return
            yield from _plain_forms(text.encode())


def _same(first: Path, second: Path) -> bool:
    """Whether two names are of one file; links are not followed."""
    try:
        return os.path.samestat(first.lstat(), second.lstat())
    except OSError:
        return False


def _plain_forms(data: bytes) -> Iterator[bytes]:
    """Content, and what git may have made it from: other line ends, `$Id$` not filled in."""
    yield data
    for text in dict.fromkeys((data.replace(b"\r\n", b"\n"), data)):
        yield text
        yield _IDENT.sub(b"$Id$", text)


def _is(data: bytes, oid: str | None) -> bool:
    """Whether content is that of a blob; `oid` None is no blob's."""
    if oid is None:
        return False
    algorithm = "sha1" if len(oid) == 40 else "sha256"
    return hashlib.new(algorithm, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() == oid
