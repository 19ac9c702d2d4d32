"""Owners and modes of paths, as names and ints."""

from __future__ import annotations

import grp
import pwd
import stat
from typing import TYPE_CHECKING, Any

from windlass.agent.failures import Failed

if TYPE_CHECKING:
    import os


def user_id(name: str) -> int:
    """The uid of a user; raises Failed when there is none."""
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise Failed(f"there is no user {name!r} on the host") from None


def group_id(name: str) -> int:
    """The gid of a group; raises Failed when there is none."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise Failed(f"there is no group {name!r} on the host") from None


def attributes(status: os.stat_result) -> dict[str, Any]:
    """Mode (int), owner and group (names, or numbers as text where they have none) of a stat result."""
    return {
        "mode": stat.S_IMODE(status.st_mode),
        "owner": _name(pwd.getpwuid, status.st_uid),
        "group": _name(grp.getgrgid, status.st_gid),
    }


def _name(look_up: Any, number: int) -> str:
    try:
        return str(look_up(number)[0])
    except KeyError:
        return str(number)
