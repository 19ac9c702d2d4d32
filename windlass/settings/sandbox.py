"""What an app may do on its host beyond serving: little, unless its settings open it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from windlass.settings.model import Switchable, word

# Where an app that may write could take over the host, or another app; and what it would not see there (`ProtectHome`).
_GUARDED = (
    *("/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/proc", "/root", "/run", "/sbin", "/srv"),
    *("/sys", "/tmp", "/usr", "/var/backups", "/var/cache/apt", "/var/lib/apt", "/var/lib/certbot", "/var/lib/dpkg"),  # noqa: S108
    *("/var/lib/letsencrypt", "/var/lib/nginx", "/var/lib/pam", "/var/lib/private", "/var/lib/sudo"),
    *("/var/lib/systemd", "/var/lib/windlass", "/var/lock", "/var/log/apt", "/var/log/audit", "/var/log/journal"),
    *("/var/log/letsencrypt", "/var/log/nginx", "/var/log/windlass", "/var/mail", "/var/run", "/var/spool"),
    "/var/tmp",  # noqa: S108
)
_TOPS = ("/opt", "/var", "/var/cache", "/var/lib", "/var/log")


def _not_guarded(path: str) -> str:
    steps = path.split("/")
    if ".." in steps or "." in steps or "" in steps[1:]:
        raise ValueError(f"{path!r} is not a plain path: write it without . and .. and without a / at its end")
    if path in _TOPS or any(f"{path}/".startswith(f"{guarded}/") for guarded in _GUARDED):
        raise ValueError(f"{path!r} belongs to the system; an app's own data goes into /var/lib/APP")
    return path


WritablePath = Annotated[
    str,
    AfterValidator(_not_guarded),
    word(r"/[A-Za-z0-9._+@/-]+", "an absolute path of letters, digits and . _ + @ -, for example /mnt/uploads"),
]
Right = Literal["devices", "metadata", "namespaces", "proc", "system-calls", "write-execute"]


class Sandbox(Switchable):
    """systemd's restrictions for an app, its release command and its installation; `sandbox: off` drops them.

    Without them, too, it has a user of its own, and can gain no rights.
    """

    OFF: ClassVar[dict[str, Any]] = {"enabled": False}

    enabled: bool = Field(True, description="Whether there are restrictions beside the app's own user.")
    network: Literal["isolated", "loopback", "network"] = Field(
        "network",
        description="What the app may connect to: nothing but Unix sockets, servers on its own host, or anything.",
    )
    writable_paths: list[WritablePath] = Field(
        default_factory=list, description="Folders that the app may write to beside its own /var/lib/APP and /tmp."
    )
    allow: list[Right] = Field(
        default_factory=list,
        description="What else the app needs: devices, metadata (the address where a cloud tells its machines passwords"
        " and rights of theirs), namespaces (a browser's own sandbox), proc (all of /proc, as"
        " psutil reads it), system-calls (unusual ones), write-execute (code made at run time, by a JIT or cffi).",
    )
