"""What the git command line knows: files and state of a work tree, and the content of a commit at a URL."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import re
import subprocess
import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source.ignore import without_ignored
from windlass.source.tree import LARGEST, Entry, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FETCH_TIMEOUT = 600
# Set while git runs a hook; they would point it at another repository.
_LOCATION = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ABBREVIATED = re.compile(r"[0-9a-f]{7,63}")
# How git says that a name means no commit: of a repository elsewhere, and of this one.
_NO_REF = re.compile("find remote ref|not our ref|Needed a single revision")
_UNREAD = "fatal: Could not read from remote repository."
_NO_GIT = "git is not installed on this machine"
_LFS = b"version https://git-lfs.github.com/spec/"


class GitError(Exception):
    """git failed; the message is what it said."""


def files(folder: Path) -> list[str] | None:
    """Tracked and addable files of a folder, relative to it; None when it lies in no work tree, or is ignored there."""
    try:
        names = _run(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard").decode(
            errors="surrogateescape"
        )
    except GitError:
        return None
    found: list[str] = []
    for name in dict.fromkeys(name.rstrip("/") for name in names.split("\0") if name):
        inner = folder / name
        if inner.is_dir() and not inner.is_symlink():  # a submodule, or a repository inside
            found += [f"{name}/{path}" for path in files(inner) or ()]
        else:
            found.append(name)
    return found or None


def state(folder: Path) -> tuple[str | None, bool]:
    """The commit that a folder is at (None = none) and whether anything in it differs from that commit."""
    try:
        lines = _run(folder, "status", "--porcelain=v2", "--branch", "--", ".").decode(errors="replace").splitlines()
    except GitError:
        return None, False
    commit = next((line.split()[2] for line in lines if line.startswith("# branch.oid ")), "(initial)")
    dirty = any(not line.startswith("# ") for line in lines)
    return (None if commit == "(initial)" else commit), dirty


def read(url: str, ref: str | None, cache: Path, label: str) -> tuple[Tree, str]:
    """The files of exactly one commit at a URL, and the commit; `ref` None = the default branch.

    Keeps a bare repository in `cache`. Submodules and LFS files are refused, not left out silently.
    """
    repository = cache / hashlib.sha256(url.encode()).hexdigest()[:16]
    try:
        with _locked(repository):
            if not (repository / "HEAD").exists():
                _run(repository, "init", "--quiet", "--bare", ".")
            commit = _fetch(repository, url, ref)
            packed = _run(repository, "archive", "--format=tar", commit)
    except GitError as error:
        raise SourceError(f"{label}: {_words(str(error), ref)}", hint=_hint(str(error), ref)) from None
    return Tree(label, _entries(packed, label)), commit


def _fetch(repository: Path, url: str, ref: str | None) -> str:
    """Brings in the commit that a ref names now; a full commit that is here already needs no network."""
    if ref and _COMMIT.fullmatch(ref):
        try:
            return _run(repository, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").decode().strip()
        except GitError:
            pass
    try:
        _run(repository, "fetch", "--quiet", "--depth=1", "--no-tags", "--", url, ref or "HEAD")
    except GitError:
        # A server does not look up a shortened commit; with all of the history, git here does.
        if not ref or not _ABBREVIATED.fullmatch(ref):
            raise
        everything = "+refs/*:refs/windlass/*"
        unshallow = ["--unshallow"] if (repository / "shallow").exists() else []
        _run(repository, "fetch", "--quiet", *unshallow, "--no-tags", "--", url, everything)
        return _run(repository, "rev-parse", "--verify", f"{ref}^{{commit}}").decode().strip()
    return _run(repository, "rev-parse", "--verify", "FETCH_HEAD^{commit}").decode().strip()


def _entries(packed: bytes, label: str) -> Iterator[Entry]:
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        members = {member.name: member for member in archive if member.isreg() or member.issym()}
        if ".gitmodules" in members:
            raise SourceError(
                f"{label}: it has submodules, which are not fetched",
                hint="Deploy from a folder with the submodules checked out (`source: ../path`).",
            )
        total = sum(member.size for member in members.values())
        for name in without_ignored(members):
            member = members[name]
            if member.issym():
                yield Entry(name, 0, False, bytes, member.linkname)
                continue
            file = archive.extractfile(member)
            data = file.read() if file and total <= LARGEST else b""
            if data.startswith(_LFS):
                raise SourceError(
                    f"{label}/{name}: is kept in git LFS, which is not fetched",
                    hint="Deploy from a folder with the file checked out (`source: ../path`).",
                )
            yield Entry(name, member.size, bool(member.mode & 0o100), lambda data=data: data)  # type: ignore[misc]


@contextmanager
def _locked(repository: Path) -> Iterator[None]:
    """One run at a time fetches into a repository."""
    repository.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (repository / "windlass.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run(folder: Path, *arguments: str) -> bytes:
    environment = {name: value for name, value in os.environ.items() if name not in _LOCATION}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "https:ssh:file", "LC_ALL": "C"}
    environment.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            timeout=FETCH_TIMEOUT,
        )
    except FileNotFoundError:
        raise GitError(_NO_GIT) from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git took more than {FETCH_TIMEOUT} s") from None
    if done.returncode:
        raise GitError(done.stderr.decode(errors="replace").strip() or f"git exited with {done.returncode}")
    return done.stdout


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
    if _NO_REF.search(said):
        return "Push it, or correct `ref`." if ref else "Push a commit first."
    if said == _NO_GIT:
        return "Install it (Debian: git), or deploy from a folder (`source: ../path`)."
    return None
