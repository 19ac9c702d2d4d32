"""Files that git LFS keeps elsewhere: a repository has a pointer of a few lines in the place of each."""

from __future__ import annotations

import hashlib

from windlass.errors import SourceError

_VERSION = b"version https://git-lfs.github.com/spec/"
_LARGEST = 1024  # as the specification says of a pointer, in bytes


def pointer(data: bytes) -> bytes:
    """What a repository has in the place of a file with this content."""
    return b"%sv1\noid sha256:%s\nsize %d\n" % (_VERSION, hashlib.sha256(data).hexdigest().encode(), len(data))


def check(data: bytes, place: str, hint: str) -> bytes:
    """The content again. Raises SourceError when it is a pointer."""
    if data.startswith(_VERSION) and len(data) <= _LARGEST:
        raise SourceError(f"{place}: is kept in git LFS, and only the pointer to it is here", hint=hint)
    return data
