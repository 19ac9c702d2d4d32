"""What a lab host must trust and use to reach the network as this machine does: CAs, pip, proxies."""

from __future__ import annotations

import configparser
import hashlib
import os
import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")  # Debian and Ubuntu; the same path on a lab host
SHIPPED = Path("/usr/share/ca-certificates")
ANCHORS = Path("/etc/pki/ca-trust/source/anchors")  # Fedora and its kin keep what was added here
PIP_FILES = (
    Path("/etc/pip.conf"),
    Path("~/.pip/pip.conf"),
    Path("~/.config/pip/pip.conf"),
    Path("~/Library/Application Support/pip/pip.conf"),
)
PIP_SETTINGS = ("index-url", "extra-index-url", "find-links", "proxy", "trusted-host", "timeout", "retries")
PROXY_VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
PEM = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")


def extra_certificates(bundle: str, shipped: Iterable[str]) -> list[str]:
    """The PEM certificates of `bundle` that are in none of the `shipped` texts, each once, in order.

    Without taking away what the distribution ships, roots that the guest has distrusted since come back.
    """
    known = {_fingerprint(pem) for text in shipped for pem in PEM.findall(text)}
    extra = {_fingerprint(pem): pem for pem in PEM.findall(bundle)}
    return [pem + "\n" for fingerprint, pem in extra.items() if fingerprint not in known]


def own_certificates() -> list[str]:
    """The CA certificates that somebody added to this machine, as PEM."""
    if BUNDLE.exists() and SHIPPED.is_dir():
        return extra_certificates(_read(BUNDLE), map(_read, SHIPPED.rglob("*.crt")))
    anchors = sorted(ANCHORS.iterdir()) if ANCHORS.is_dir() else []
    return extra_certificates("\n".join(map(_read, anchors)), [])


def pip_conf(environment: Mapping[str, str], files: Iterable[Path] = PIP_FILES) -> str | None:
    """A pip.conf with this machine's network settings, None if it has none.

    Indexes that are folders of this machine are left out: a lab host has no such folder.
    """
    found: dict[str, str] = {}
    for file in files:
        parser = configparser.RawConfigParser()
        parser.read(file.expanduser())
        for section in ("global", "install"):
            if parser.has_section(section):
                found.update({key.replace("_", "-"): value for key, value in parser.items(section)})
    for name in (*PIP_SETTINGS, "default-timeout"):
        value = environment.get("PIP_" + name.upper().replace("-", "_"))
        if value:
            found[name] = value
    if "default-timeout" in found:
        found["timeout"] = found["default-timeout"]
    lines = [f"{name} = {value}" for name in PIP_SETTINGS if (value := _reachable(name, found.get(name, "")))]
    return "\n".join(["[global]", *lines, ""]) if lines else None


def login_environment(environment: Mapping[str, str], certificates: bool) -> str:
    """/etc/environment of a lab host: proxies, and where the CAs are for programs that bring their own."""
    names = [name for lower in PROXY_VARIABLES for name in (lower, lower.upper()) if environment.get(name)]
    lines = [f"{name}={environment[name]}" for name in names]
    if certificates:
        lines.append(f"SSL_CERT_FILE={BUNDLE}")
    return "".join(f"{line}\n" for line in lines)


def unreachable_proxies(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Proxies that listen on this machine's loopback only, where no lab host can reach them."""
    values = {environment.get(name) or environment.get(name.upper()) for name in PROXY_VARIABLES[:2]}
    loopback = re.compile(r"localhost|127\.|::1")
    return sorted(value for value in values if value and loopback.match(urlsplit(value).hostname or ""))


def _reachable(name: str, value: str) -> str:
    if name in ("index-url", "extra-index-url", "find-links"):
        return " ".join(word for word in value.split() if word.startswith(("http://", "https://")))
    return value


def _fingerprint(pem: str) -> bytes:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest()


def _read(file: Path) -> str:
    return file.read_text(errors="replace")
