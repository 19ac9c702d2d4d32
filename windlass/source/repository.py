"""The content of one commit at a URL, byte by byte, in a bare repository of ours that keeps what was fetched."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source import git, lfs
from windlass.source.contents import Contents
from windlass.source.tree import LISTING, Entry, TooManyFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ABBREVIATED = re.compile(r"[0-9a-f]{7,63}")
# How git says that a name means no commit: of a repository elsewhere, and of this one.
_NO_REF = re.compile("find remote ref|not our ref|Needed a single revision")
_UNREAD = "fatal: Could not read from remote repository."
_FROM_A_FOLDER = "Deploy from a folder with {} checked out (`source: ../path`), or list {} in .deployignore."
_LACKING = "fatal: what was fetched of it lacks files"
_LONGEST_LINK = 4096  # of Linux, in bytes
_OURS = "--git-dir=."
# Larger files go through git as a stream, so that a small pack cannot make it take gigabytes of memory.
_STREAMED = ("-c", "core.bigFileThreshold=8m")
_SSH = "ssh -o BatchMode=yes"


@contextmanager
def contents(url: str, ref: str | None, subdirectory: str | None, cache: Path) -> Iterator[Contents]:
    """What exactly one commit at a URL has in it, to be read within the block; `ref` None = the default branch.

    Keeps a bare repository in `cache`. Raises SourceError.
    """
    repository = cache / hashlib.sha256(url.encode()).hexdigest()[:16]
    try:
        with _locked(repository):
            if not (repository / "HEAD").exists():
                git.run(repository, "init", "--quiet", "--bare", "--template=", ".")
            commit = _fetch(repository, url, ref)
            with git.conversation(repository, _OURS, "cat-file", "--batch") as (asked, told):
                yield _Commit(url, commit, _Blobs(asked, told)).contents(repository, subdirectory)
    except git.TooMuch:
        raise TooManyFiles(url) from None
    except git.GitError as error:
        raise SourceError(f"{url}: {_words(str(error), ref)}", hint=_hint(str(error), ref)) from None


class _Blobs:
    """Content by its name in the repository."""

    def __init__(self, asked: IO[bytes], told: IO[bytes]) -> None:
        self._asked, self._told = asked, told

    def read(self, oid: str) -> bytes:
        try:
            self._asked.write(f"{oid}\n".encode())
            self._asked.flush()
        except BrokenPipeError:
            raise git.GitError(_LACKING) from None
        facts = self._told.readline().split()
        if len(facts) != 3:
            raise git.GitError(_LACKING)
        data = self._told.read(int(facts[2]))
        self._told.read(1)  # the end of the line
        return data


class _Commit:
    def __init__(self, url: str, commit: str, blobs: _Blobs) -> None:
        self.url, self.commit, self.blobs = url, commit, blobs

    def contents(self, repository: Path, subdirectory: str | None) -> Contents:
        found = Contents(self.url, {}, self.commit, modules_hint=_FROM_A_FOLDER.format("the submodules", "them"))
        listed = git.run(
            repository, _OURS, "ls-tree", "-r", "-z", "--long", self._tree(repository, subdirectory), most=LISTING
        ).output
        for line in filter(None, listed.decode(errors="surrogateescape").split("\0")):
            facts, _, path = line.partition("\t")
            mode, kind, oid, size = facts.split()
            if kind == "commit":
                found.modules.append(path)
            else:
                found.found[path] = partial(self._entry, path, mode, oid, size)
                found.known.add(path)
        return found

    def _tree(self, repository: Path, subdirectory: str | None) -> str:
        if subdirectory is None:
            return self.commit
        try:
            return _resolved(repository, _resolved(repository, f"{self.commit}:{subdirectory}") + "^{tree}")
        except git.GitError:
            raise SourceError(
                f"{self.url}: there is no folder {subdirectory} in the commit",
                hint="Correct the app's `subdirectory`, or `ref`.",
            ) from None

    def _entry(self, path: str, mode: str, oid: str, size: str) -> Entry:
        if mode == "120000":
            if int(size) > _LONGEST_LINK:
                raise SourceError(f"{self.url}/{path}: links to a path of {size} bytes")
            return Entry(path, 0, False, bytes, os.fsdecode(self.blobs.read(oid)))
        return Entry(path, int(size), mode == "100755", partial(self._read, path, oid))

    def _read(self, path: str, oid: str) -> bytes:
        return lfs.check(self.blobs.read(oid), f"{self.url}/{path}", _FROM_A_FOLDER.format("the file", "it"))


def _fetch(repository: Path, url: str, ref: str | None) -> str:
    """Brings in the commit that a ref names now; a full commit that is here already needs no network."""
    if ref and _COMMIT.fullmatch(ref):
        try:
            return _resolved(repository, f"{ref}^{{commit}}")
        except git.GitError:
            pass
    try:
        _run_fetch(repository, "--depth=1", "--no-tags", "--", url, ref or "HEAD")
    except git.GitError:
        # A server does not look up a shortened commit; with all of the history, git here does.
        if not ref or not _ABBREVIATED.fullmatch(ref):
            raise
        unshallow = ["--unshallow"] if (repository / "shallow").exists() else []
        _run_fetch(repository, *unshallow, "--no-tags", "--", url, "+refs/*:refs/windlass/*")
        return _resolved(repository, f"{ref}^{{commit}}")
    return _resolved(repository, "FETCH_HEAD^{commit}")


def _resolved(repository: Path, name: str) -> str:
    """The object that a name stands for. Raises GitError."""
    return git.run(repository, _OURS, "rev-parse", "--verify", name).output.decode().strip()


def _run_fetch(repository: Path, *arguments: str) -> None:
    asks = ("--no-recurse-submodules", "--no-write-commit-graph")
    own = git.run(repository, _OURS, "config", "--get", "core.sshCommand", expected=(0, 1)).output
    silent = () if own or os.environ.keys() & {"GIT_SSH", "GIT_SSH_COMMAND"} else ("-c", f"core.sshCommand={_SSH}")
    git.run(repository, *silent, *_STREAMED, _OURS, "fetch", "--quiet", *asks, *arguments, network=True)


@contextmanager
def _locked(repository: Path) -> Iterator[None]:
    """One run at a time fetches into a repository."""
    repository.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (repository / "windlass.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _words(said: str, ref: str | None) -> str:
    """git's reason in one line, without what may be a password in a URL."""
    if _NO_REF.search(said):
        return f"there is no branch, tag or commit {ref!r}" if ref else "it is empty: there is no default branch"
    lines = [line for line in said.splitlines() if line.strip()]
    if _UNREAD in lines[1:]:  # which says less than the line before it, of ssh or of the other side
        lines = lines[: lines.index(_UNREAD)]
    telling = [line for line in lines if line.startswith(("fatal: ", "ERROR: ", "ssh: "))] or lines[-1:]
    return re.sub(r"://[^/@\s]+@", "://", telling[0].removeprefix("fatal: "))


def _hint(said: str, ref: str | None) -> str | None:
    if "could not read Username" in said or "Authentication failed" in said or "Permission denied" in said:
        return "The repository needs a login: an SSH key in the agent, or a git credential helper."
    if "Host key verification failed" in said:
        return "Log in there by ssh once, and see that its host key is the right one."
    if "dubious ownership" in said:
        return "It belongs to another user: `git config --global --add safe.directory` and its folder, if you trust it."
    if _NO_REF.search(said):
        return "Push it, or correct `ref`." if ref else "Push a commit first."
    if said == git.NO_GIT:
        return "Install it (Debian: git), or deploy from a folder (`source: ../path`)."
    return None
