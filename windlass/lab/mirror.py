"""The package mirror: which apt sources and network settings this machine uses, for images and lab hosts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

DEFAULT_SOURCES = (
    "deb http://deb.debian.org/debian {suite} main",
    "deb http://deb.debian.org/debian {suite}-updates main",
    "deb http://deb.debian.org/debian-security {suite}-security main",
)
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
COMPONENTS = ("main", "contrib", "non-free", "non-free-firmware")
# How apt reaches a mirror and how strict it is about age; all else is this machine's own taste.
NETWORK_SETTING = re.compile(
    r"Acquire::(https?::|ftp::|Retries|ForceIPv[46]|Check-Valid-Until|Check-Date|Max-FutureTime|Queue-Mode)"
)
SETTING = re.compile(r'(?P<name>[\w:.-]+) "(?P<value>.+)";')


def sources(suite: str) -> list[str]:
    """One-line apt sources for a Debian suite: this machine's own where it runs Debian, else Debian's."""
    lines = _own_sources(suite) or [line.format(suite=suite) for line in DEFAULT_SOURCES]
    return [line.replace("deb ", f"deb [signed-by={KEYRING}] ", 1) for line in lines]


def settings() -> list[str]:
    """apt.conf lines with this machine's network settings; proxies of the environment included."""
    lines = []
    for line in _ask("apt-config", "dump").splitlines():
        setting = SETTING.fullmatch(line)
        # A value that is a path names a file of this machine, which a lab host does not have.
        if setting and NETWORK_SETTING.match(line) and not setting["value"].startswith("/"):
            lines.append(line)
    for scheme in ("http", "https"):
        proxy = os.environ.get(f"{scheme}_proxy") or os.environ.get(f"{scheme.upper()}_PROXY")
        if proxy and not any(line.startswith(f"Acquire::{scheme}::Proxy ") for line in lines):
            lines.append(f'Acquire::{scheme}::Proxy "{proxy}";')
    return lines


def translate(entries: str, codename: str, suite: str) -> list[str]:
    """Sources for `suite` out of those of a machine on `codename`: lines of URI, release, component, origin.

    Others than Debian use its codenames, too; the origin is empty as long as apt has never been updated.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for entry in entries.splitlines():
        uri, release, component, origin = entry.split(" ", 3)
        match = re.fullmatch(rf"{re.escape(codename)}(-updates|-security|)", release)
        of_debian = origin == "Debian" or (not origin and component in COMPONENTS)
        if match and of_debian and uri.startswith(("http://", "https://")):
            found.setdefault((uri, suite + match[1]), []).append(component)
    return [f"deb {uri} {release} {' '.join(components)}" for (uri, release), components in found.items()]


def _own_sources(suite: str) -> list[str]:
    release = _os_release()
    if release.get("ID") != "debian":
        return []
    # apt itself knows all source formats and where they may lie.
    wanted = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)"
    entries = _ask("apt-get", "indextargets", "--format", wanted, "Created-By: Packages", "Target-Of: deb")
    return translate(entries, release.get("VERSION_CODENAME", "?"), suite)


def _os_release() -> dict[str, str]:
    file = Path("/etc/os-release")
    pairs = (line.partition("=") for line in (file.read_text().splitlines() if file.exists() else []))
    return {name: value.strip('"') for name, _, value in pairs}


def _ask(*argv: str) -> str:
    """What a command of apt prints; empty on a machine without apt."""
    if shutil.which(argv[0]) is None:
        return ""
    return subprocess.run(argv, capture_output=True, text=True, timeout=60).stdout
