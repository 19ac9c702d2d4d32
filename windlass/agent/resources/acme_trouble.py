"""Why a CA gave no certificate: what certbot prints, in words and with what to do."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field

from windlass.agent.facts import gather

# A domain that the CA could not validate, as certbot lists them.
_DOMAIN = re.compile(r"^ +Domain: (?P<name>.+)\n +Type: +(?P<kind>.+)\n +Detail: (?P<detail>.+)$", re.MULTILINE)
# The CA's own error (RFC 8555, 6.7): "urn:...:TYPE :: what the type means :: what happened".
_ERROR = re.compile(r"urn:ietf:params:acme:error:(?P<kind>\w+) :: (?:.+? :: )?(?P<text>.+)")
# A traceback's last line: "requests.exceptions.ConnectionError: ...".
_EXCEPTION = re.compile(r"^[\w.]*(?:Error|Exception|Timeout): .+$", re.MULTILINE)

# Errors of certbot's own, by our word for them; network errors lie under layers of wrapping, such as
# "... (Caused by NewConnectionError('...: [Errno 111] Connection refused'))".
_OWN = {
    "busy": re.compile(r"Another instance of Certbot is already running"),
    "directory": re.compile(r"Response \[(\d+)\]|Content-Type: \S+|JSONDecodeError"),
    "untrusted": re.compile(r"certificate verify failed[^('\"]*"),
    "unreachable": re.compile(
        r"Errno -?\d+\] ([^'\")]+)|(?:Connection to \S+|Read) timed out|Connection (?:refused|reset|aborted)"
    ),
}

_WORDS = {
    "busy": "another certbot runs",
    "directory": "what answers there is no ACME directory ({})",
}

_ADVICE = {
    "dns": "Let {names} point at this host (an A record, or AAAA), then run again.",
    "connection": "The CA must reach {names} on port 80 of this host: check DNS and firewalls, then run again.",
    "unauthorized": "Another server seems to answer for {names}: check where it points, then run again.",
    "caa": "Allow this CA in the domain's CAA record, then run again.",
    "rateLimited": "Run again after the time it names; try things out with `tls: {{staging: true}}`.",
    "rejectedIdentifier": "This CA issues nothing for that domain: check `domains`, or choose another CA.",
    "untrusted": "If this CA is your own, name its root certificate as `tls.ca_file`.",
    "directory": "Check `tls.directory_url`.",
    "unreachable": "Check `tls.directory_url`, and the host's DNS and its way out, then run again.",
}


@dataclass
class Trouble:
    """One reason; `kind` is the CA's own word for it (RFC 8555, 6.7), else one of ours."""

    kind: str
    message: str
    domains: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, output: str) -> Trouble:
        """The reason in what certbot printed, with `--debug`."""
        failed = [match.groupdict() for match in _DOMAIN.finditer(output)]
        if failed:
            lines = [f"{one['name']}: {one['detail'].strip()}{_whereabouts(one['name'])}" for one in failed]
            return cls(failed[0]["kind"].strip(), "\n".join(lines), [one["name"] for one in failed])
        error = _ERROR.search(output)
        if error:
            return cls(error["kind"], error["text"].strip())
        texts = [match[0].strip() for match in _EXCEPTION.finditer(output)]
        return cls(*_own(texts[-1] if texts else output.strip()[-500:]))

    def advice(self) -> str:
        """What the user can do."""
        words = _ADVICE.get(self.kind, "Run again later.")
        return words.format(names=" and ".join(self.domains))


def _own(text: str) -> tuple[str, str]:
    """Our word for an error of certbot's own, and the error in as few words as there are."""
    for kind, pattern in _OWN.items():
        match = pattern.search(text)
        if match:
            return kind, _WORDS.get(kind, "{}").format(match[match.lastindex or 0].strip())
    return "unknown", text.partition(": ")[2] or text


def _whereabouts(name: str) -> str:
    """Where a domain leads, as this host sees it; a host behind NAT does not have its public address."""
    try:
        found = sorted({entry[4][0] for entry in socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)})
    except OSError:
        return f" ({name} does not resolve on the host, either)"
    return f" ({name} is {', '.join(map(str, found))}; this host has {', '.join(gather()['addresses'])})"
