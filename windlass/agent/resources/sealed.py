"""Trees that somebody else has made, given to root: who may read stays, nobody writes."""

from __future__ import annotations

import os
import stat

from windlass.agent.failures import Failed


def seal(path: str, group: int) -> None:
    """Gives a tree that somebody else has made to root: read by `group`, written by nobody, no set-uid bits.

    Top-down, so that whatever still runs as its maker has no folder left in which to swap a file for a link.
    """
    for place, folders, names, handle in os.fwalk(path, follow_symlinks=False):
        os.fchown(handle, 0, 0)
        os.fchmod(handle, 0o755)  # nosec B103 - the folder above lets the app's group in alone
        for name in (*names, *folders):
            status = os.stat(name, dir_fd=handle, follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                continue
            if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
                # It may be a file of somebody else's, e.g. /etc/shadow, on a kernel that lets one link to it.
                raise Failed(
                    f"{place}/{name} has another name elsewhere (a hard link), so it may be somebody else's file",
                    hint="A package has made it while it was installed: do without that package, or tell its makers.",
                )
            os.chown(name, 0, 0, dir_fd=handle, follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                os.chmod(name, 0o755 if status.st_mode & 0o111 else 0o644, dir_fd=handle)
    os.chown(path, 0, group)
    os.chmod(path, 0o750)  # noqa: S103 - the group is the app's own
