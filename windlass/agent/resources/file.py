"""A regular file."""

from __future__ import annotations

import hashlib
import os
import shlex
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from windlass.agent import files
from windlass.agent.failures import TAIL, CommandFailed, CommandTrouble, Failed
from windlass.agent.resources.content import Content
from windlass.agent.resources.owner import attributes, group_id, user_id
from windlass.agent.resources.patch import Side, patch
from windlass.agent.resources.resource import Diff, Resource, State

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(eq=False)
class File(Resource):
    """A regular file; `path` is absolute, `mode` an int, content UTF-8 text or bytes.

    `verify` is a command that must succeed with the new file in place (e.g. `nginx -t`); if it does not, the old file
    is put back and the resource fails with the command's words. Meanwhile the old file lies beside it: if a
    crash leaves it there, the next run knows that nobody has verified the new one, and what to put back.
    """

    path: str
    content: str | bytes | Content
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    verify: Sequence[str] = ()
    notify: Sequence[Resource] = ()
    sensitive: bool = False
    wavering = ("verified",)

    def __post_init__(self) -> None:
        if not isinstance(self.content, Content):
            self.content = Content.of(self.content)

    @property
    def _content(self) -> Content:
        assert isinstance(self.content, Content)  # noqa: S101 - made so by __post_init__
        return self.content

    def desired(self) -> State:
        verified = {"verified": True} if self.verify else {}
        return {
            "content": self._content.sha256,
            "mode": self.mode,
            "owner": self.owner,
            "group": self.group,
            **verified,
        }

    def actual(self) -> State:
        data = self._read()
        if data is None:
            return None
        verified = {"verified": not os.path.lexists(self._aside)} if self.verify else {}
        return {"content": hashlib.sha256(data).hexdigest(), **attributes(os.lstat(self.path)), **verified}

    def apply(self, diff: Diff) -> None:
        folder = os.path.dirname(self.path)
        if not os.path.isdir(folder):
            raise Failed(f"cannot write {self.path}: there is no folder {folder}")
        files.check(folder)
        data = self._content.read()
        owner = {"uid": user_id(self.owner), "gid": group_id(self.group)}
        if self.verify:
            self._set_aside()
        files.write(self.path, data, mode=self.mode, **owner)
        if self.verify:
            self._verify()

    @property
    def _aside(self) -> str:
        """Where the old file is while the new one is not verified; a link to nowhere stands for none."""
        return files.beside(self.path, "old")

    def _set_aside(self) -> None:
        if os.path.lexists(self._aside):
            return  # a crash: what is there was verified, and what is in place was not
        try:
            os.link(self.path, self._aside, follow_symlinks=False)
        except FileNotFoundError:
            os.symlink("none", self._aside)

    def _verify(self) -> None:
        try:
            self.machine.run(self.verify)
        except Failed as failure:
            self._put_back()
            command = shlex.join(self.verify)
            try:
                self.machine.run(self.verify)
            except CommandFailed as other:
                raise Failed(
                    f"as it was again: `{command}` refuses what was there before as well",
                    hint="Repair what it names, or remove it, then run again.",
                    said=_words(other),
                ) from None
            except Failed:
                pass  # it cannot be run at all
            raise Failed("refused, and as it was again", said=_words(failure)) from None
        os.unlink(self._aside)

    def _put_back(self) -> None:
        if os.path.islink(self._aside):
            os.unlink(self.path)
            os.unlink(self._aside)
        else:
            os.rename(self._aside, self.path)

    def patch(self) -> str:
        data = self._read()
        if data is not None and hashlib.sha256(data).hexdigest() == self._content.sha256:
            content = data
        else:
            content = self._content.read()
        old = None if data is None else Side(data, stat.S_IMODE(os.lstat(self.path).st_mode))
        return patch(self.path, old, Side(content, self.mode))

    def _read(self) -> Any:
        """The bytes on disk; None = no such file. A link or a folder in its place is refused, not followed."""
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Failed(
                f"{self.path} is no regular file: {error.strerror}", hint="Move it away, then run again."
            ) from None
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Failed(f"{self.path} is no regular file", hint="Move it away, then run again.")
        with os.fdopen(handle, "rb") as file:
            return file.read()


def _words(failure: Failed) -> str:
    return failure.output.strip()[-TAIL:] if isinstance(failure, CommandTrouble) else str(failure)
