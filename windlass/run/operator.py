"""Who runs Windlass, as hosts write it down."""

from __future__ import annotations

import getpass
import os
import socket


def operator() -> str:
    """LOGIN@MACHINE; the user's number where no name belongs to it, as in some CI containers."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):
        login = str(os.getuid())
    return f"{login}@{socket.gethostname()}"
