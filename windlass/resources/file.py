"""[H] A regular file."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from windlass import files
from windlass.machine import CommandFailed
from windlass.resources.content import Content
from windlass.resources.owner import attributes, group_id, user_id
from windlass.resources.resource import Diff, Failed, Resource, State

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(eq=False)
class File(Resource):
    """A regular file; `path` is absolute, `mode` an int, content UTF-8 text or bytes.

    `verify` is a command that must succeed with the new file in place (e.g. `nginx -t`); if it does not, the old file
    is put back and the resource fails with the command's words.
    """

    path: str
    content: str | bytes | Content
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    verify: Sequence[str] = ()
    notify: Sequence[Resource] = ()
    sensitive: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.content, Content):
            self.content = Content.of(self.content)

    @property
    def _content(self) -> Content:
        assert isinstance(self.content, Content)  # noqa: S101 - made so by __post_init__
        return self.content

    def desired(self) -> State:
        return {"content": self._content.sha256, "mode": self.mode, "owner": self.owner, "group": self.group}

    def actual(self) -> State:
        data = self._read()
        if data is None:
            return None
        return {"content": hashlib.sha256(data).hexdigest(), **attributes(os.lstat(self.path))}

    def apply(self, diff: Diff) -> None:
        folder = os.path.dirname(self.path)
        if not os.path.isdir(folder):
            raise Failed(f"cannot write {self.path}: there is no folder {folder}")
        before = self._read()
        was = os.lstat(self.path) if before is not None else None
        files.write(self.path, self._content.read(), mode=self.mode, uid=user_id(self.owner), gid=group_id(self.group))
        if not self.verify:
            return
        try:
            self.machine.run(self.verify)
        except Failed as failure:
            if before is None or was is None:
                os.unlink(self.path)
            else:
                files.write(self.path, before, mode=stat.S_IMODE(was.st_mode), uid=was.st_uid, gid=was.st_gid)
            words = failure.output.strip() if isinstance(failure, CommandFailed) else failure
            raise Failed(f"refused, and as it was again: {words}") from None

    def patch(self) -> str:
        import difflib

        try:
            old = (self._read() or b"").decode()
            new = self._content.read().decode()
        except UnicodeDecodeError:
            return ""
        source = self.path if os.path.lexists(self.path) else "/dev/null"
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), source, self.path, lineterm="")
        return "\n".join(lines)

    def _read(self) -> Any:
        """The bytes on disk; None = no such file. A link or a folder in its place is refused, not followed."""
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Failed(f"{self.path} is no regular file: {error.strerror}") from None
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Failed(f"{self.path} is no regular file")
        with os.fdopen(handle, "rb") as file:
            return file.read()
