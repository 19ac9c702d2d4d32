"""What a host says of package indexes and the way to them, for pip: read by root, for its files may be root's alone."""

from __future__ import annotations

import configparser

from windlass.agent.failures import Failed

# pip's configuration of the whole host, the weaker first (pip.pypa.io, "Configuration").
FILES = ("/etc/xdg/pip/pip.conf", "/etc/pip.conf")
# Where a login gets its environment from, pam_env(8).
ENVIRONMENT = "/etc/environment"
# The sections that count for `pip install`, the weaker first.
SECTIONS = ("global", "install")
# Options of pip that say where packages come from, and which. No others are heeded: `user`, `target`, `log` and the
# like are about somebody's own use of pip.
_MEANT = """
    build-constraint cert client-cert constraint default-timeout extra-index-url find-links index-url keyring-provider
    no-binary no-build-isolation no-index only-binary pre prefer-binary proxy require-hashes retries timeout
    trusted-host uploaded-prior-to use-deprecated use-feature
"""
_NETWORK = ("SSL_CERT_", "REQUESTS_CA_BUNDLE")


def variables() -> dict[str, str]:
    """The environment that makes pip follow them, and nothing else that is configured anywhere.

    Logins to an index may be in it. Raises Failed for a file that pip could not read either.
    """
    login = _login()
    network = {
        name: text for name, text in login.items() if name.startswith(_NETWORK) or name.lower().endswith("_proxy")
    }
    ours = {_variable(option): text for option, text in _configured().items()}
    ours |= {name: text for name, text in login.items() if _option(name) in _MEANT.split()}
    # So pip reads no file, be it the host's, a user's or one of the environment's own.
    return {**network, **ours, "PIP_CONFIG_FILE": "/dev/null"}


def _configured() -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read(FILES, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        words = " ".join(str(error).split())
        raise Failed(f"pip's configuration cannot be read: {words}", hint="Mend it, or move it away.") from None
    found: dict[str, str] = {}
    for section in SECTIONS:
        if parser.has_section(section):
            found.update(parser.items(section))
    options = {name.replace("_", "-"): " ".join(text.split()) for name, text in found.items()}
    return {name: text for name, text in options.items() if name in _MEANT.split()}


def _login() -> dict[str, str]:
    try:
        with open(ENVIRONMENT, encoding="utf-8", errors="replace") as file:
            pairs = [line.strip().split("=", 1) for line in file if "=" in line and not line.startswith("#")]
    except FileNotFoundError:
        return {}
    return {name: text.strip("\"'") for name, text in pairs}


def _option(variable: str) -> str:
    return variable.removeprefix("PIP_").lower().replace("_", "-") if variable.startswith("PIP_") else ""


def _variable(option: str) -> str:
    return f"PIP_{option.upper().replace('-', '_')}"
