"""An app's code as a set of files, wherever it comes from, and the archive that is made of it."""

from __future__ import annotations

import gzip
import hashlib
import io
import posixpath
import tarfile
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# More than this is hardly code: something big has been left lying in the folder (bytes).
LARGEST = 512 * 1024 * 1024
MOST = 200_000
# What git is listened to when it lists that many files (bytes).
LISTING = MOST * 200
_TOO_MUCH = "List what the app does not need in .deployignore (same rules as .gitignore)."
# gzip's quickest level: over most links the time saved in packing is more than the extra bytes cost.
LEVEL = 1


@dataclass(frozen=True)
class Entry:
    """A file, or a link when `target` is set; `path` is relative, with `/`; `size` in bytes."""

    path: str
    size: int
    executable: bool
    read: Callable[[], bytes]
    target: str | None = None


class TooManyFiles(SourceError):
    """A source of more than MOST files; `label` names it."""

    def __init__(self, label: str) -> None:
        super().__init__(f"{label}: there are more than {MOST} files in it", hint=_TOO_MUCH)


class Tree:
    """Files by path; `label` names the whole in messages. Raises SourceError for what cannot be shipped."""

    def __init__(self, label: str, entries: Iterable[Entry]) -> None:
        self.label = label
        self.entries = {entry.path: entry for entry in sorted(entries, key=lambda entry: entry.path)}
        self.size = sum(entry.size for entry in self.entries.values())
        if not self.entries:
            raise SourceError(
                f"{label}: there is no file in it", hint="Is it the right folder, or is all of it ignored?"
            )
        if len(self.entries) > MOST:
            raise TooManyFiles(label)
        for entry in self.entries.values():
            _check(label, entry)
        if self.size > LARGEST:
            raise SourceError(
                f"{label}: {_megabytes(self.size)}, more than {_megabytes(LARGEST)}; biggest: {self._biggest()}",
                hint=_TOO_MUCH,
            )

    def __contains__(self, path: str) -> bool:
        return path in self.entries

    def has_folder(self, path: str) -> bool:
        """Whether any file lies below a folder."""
        return any(name.startswith(f"{path}/") for name in self.entries)

    def text(self, path: str) -> str:
        """A file as text: UTF-8, or UTF-16 as PowerShell writes it; raises SourceError for anything else."""
        data = self._content(self.entries[path])
        try:
            return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        except UnicodeDecodeError:
            raise SourceError(f"{self.label}/{path}: is not UTF-8 text") from None

    def packed(self) -> tuple[bytes, str]:
        """A gzipped tar, the same for the same files, and the sha256 (hex) of what is in it.

        The hash does not see the compression, which differs between versions of zlib.
        """
        digest = hashlib.sha256()
        packed = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=LEVEL, mtime=0, filename="") as zipped,
            tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for entry in self.entries.values():
                data = b"" if entry.target is not None else self._content(entry)
                header = _header(entry, len(data))
                digest.update(
                    f"{header.name}\0{header.type!r}\0{header.mode}\0{header.linkname}\0{len(data)}\0".encode()
                )
                digest.update(data)
                archive.addfile(header, io.BytesIO(data))
        return packed.getvalue(), digest.hexdigest()

    def _content(self, entry: Entry) -> bytes:
        try:
            return entry.read()
        except OSError as error:
            raise SourceError(f"{self.label}/{entry.path}: cannot be read: {error.strerror}") from None

    def _biggest(self) -> str:
        """The top folders and files that weigh most."""
        sizes: Counter[str] = Counter()
        for entry in self.entries.values():
            sizes["/".join(entry.path.split("/")[:2])] += entry.size
        return ", ".join(f"{path} ({_megabytes(size)})" for path, size in sizes.most_common(3))


def _header(entry: Entry, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(entry.path)
    if entry.target is not None:
        header.type, header.linkname, header.mode = tarfile.SYMTYPE, entry.target, 0o777
    else:
        header.mode, header.size = 0o755 if entry.executable else 0o644, size
    return header


def _check(label: str, entry: Entry) -> None:
    try:
        entry.path.encode()
    except UnicodeEncodeError:
        raise SourceError(f"{label}: the file name {entry.path!r} is not UTF-8", hint="Rename the file.") from None
    if not {"", ".", ".."}.isdisjoint(entry.path.split("/")):
        raise SourceError(f"{label}: the file name {entry.path!r} leads out of the source", hint="Rename the file.")
    if entry.target is not None and not stays_inside(entry.path, entry.target):
        raise SourceError(
            f"{label}/{entry.path}: links to {entry.target}, which leads out of the source",
            hint="Replace the link by what it points to, or list it in .deployignore.",
        )


def stays_inside(path: str, target: str) -> bool:
    """Whether a link at `path` can only lead to something inside the tree.

    `..` counts only at the front: after a name that is a link itself, it would climb from where that one leads.
    """
    parts = target.split("/")
    climbs = 0
    while climbs < len(parts) and parts[climbs] == "..":
        climbs += 1
    depth = posixpath.normpath(path).count("/")
    return not target.startswith("/") and climbs <= depth and ".." not in parts[climbs:]


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.0f} MiB"
