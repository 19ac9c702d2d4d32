"""What becomes of certbot's words: those of certbot 2.1 (Debian 12) and 4.0 (Debian 13), in their format."""

from __future__ import annotations

import socket

import pytest

from windlass.agent.facts import gather
from windlass.agent.resources.acme_trouble import Trouble

ASK = "Ask for help or search for solutions at https://community.letsencrypt.org. See the logfile ...\n"

VALIDATION = """\
Requesting a certificate for a.test and nx.invalid

Certbot failed to authenticate some domains (authenticator: webroot). The Certificate Authority reported these problems:
{problems}
Hint: The Certificate Authority failed to download the temporary challenge files created by Certbot. Ensure that ...

certbot.errors.AuthorizationError: Some challenges have failed.
"""
PROBLEM = """\
  Domain: {name}
  Type:   {kind}
  Detail: {detail}
"""

# Debian 12: the CA's error is lost under another one, but for the traceback.
ACCOUNT = """\
Traceback (most recent call last):
  File "/usr/lib/python3.11/contextlib.py", line 155, in __exit__
    self.gen.throw(typ, value, traceback)
acme.messages.Error: urn:ietf:params:acme:error:accountDoesNotExist :: The request specified an account that does not \
exist :: Account https://127.0.0.1:24000/my-account/56c85510d0b00bee not found.

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/josepy/util.py", line 191, in __setattr__
    raise AttributeError("can't set attribute")
AttributeError: can't set attribute
"""

RATE = """\
acme.messages.Error: urn:ietf:params:acme:error:rateLimited :: There were too many requests of a given type :: \
Error creating new order :: too many certificates already issued for this exact set of domains
"""

REJECTED = """\
acme.messages.Error: urn:ietf:params:acme:error:rejectedIdentifier :: The server will not issue certificates for the \
identifier :: Order included an identifier for which issuance is forbidden by policy: "www.blocked-domain.example"
"""

NONCE = "acme.messages.Error: urn:ietf:params:acme:error:badNonce :: The client sent x :: JWS has an invalid nonce: y\n"

SLOW = """\
requests.exceptions.ConnectTimeout: HTTPSConnectionPool(host='acme.test', port=14000): Max retries exceeded with url: \
/dir (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at 0x7f9b974cdc50>, 'Connection to \
acme.test timed out. (connect timeout=45)'))
"""

NO_NAME = """\
requests.exceptions.ConnectionError: HTTPSConnectionPool(host='acme.test', port=443): Max retries exceeded with url: \
/dir (Caused by NameResolutionError("<urllib3.connection.HTTPSConnection object at 0x7f4d>: Failed to resolve \
'acme.test' ([Errno -2] Name or service not known)"))
"""

UNTRUSTED = """\
ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get issuer

requests.exceptions.SSLError: HTTPSConnectionPool(host='acme.test', port=443): Max retries exceeded with url: /dir \
(Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to \
get local issuer certificate (_ssl.c:992)')))
"""


def validation(*names: str, kind: str, detail: str) -> str:
    """What certbot says when the CA could not validate these domains."""
    problems = [PROBLEM.format(name=name, kind=kind, detail=detail) for name in names]
    return VALIDATION.format(problems="\n".join(problems))


def whereabouts() -> str:
    """What is said of `localhost`, which has one address or two."""
    found = sorted({str(entry[4][0]) for entry in socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)})
    return f" (localhost is {', '.join(found)}; this host has {', '.join(gather()['addresses'])})"


def test_each_domain_is_named_with_what_the_ca_says_and_where_it_leads() -> None:
    detail = "DNS problem: NXDOMAIN looking up A for it - check that a DNS record exists for this domain"
    trouble = Trouble.read(validation("nx.invalid", "localhost", kind="dns", detail=detail))
    assert (trouble.kind, trouble.domains) == ("dns", ["nx.invalid", "localhost"])
    assert trouble.message == (
        f"nx.invalid: {detail} (nx.invalid does not resolve on the host, either)\nlocalhost: {detail}{whereabouts()}"
    )
    assert trouble.advice() == (
        "Let nx.invalid and localhost point at this host (an A record, or AAAA), then run again."
    )


@pytest.mark.parametrize(
    ("kind", "detail", "advice"),
    [
        (
            "connection",
            'Get "http://localhost/.well-known/acme-challenge/x": dial tcp 127.0.0.1:80: connect: connection refused',
            "The CA must reach localhost on port 80 of this host: check DNS and firewalls, then run again.",
        ),
        (
            "unauthorized",
            'The key authorization file from the server did not match this challenge "g3drIMEv.V-iKpfBV" != "hello"',
            "Another server seems to answer for localhost: check where it points, then run again.",
        ),
        (
            "caa",
            "CAA record for localhost prevents issuance",
            "Allow this CA in the domain's CAA record, then run again.",
        ),
    ],
)
def test_what_to_do_about_a_domain(kind: str, detail: str, advice: str) -> None:
    trouble = Trouble.read(validation("localhost", kind=kind, detail=detail))
    assert (trouble.kind, trouble.message) == (kind, f"localhost: {detail}{whereabouts()}")
    assert trouble.advice() == advice


UNREACHABLE = "Check `tls.directory_url`, and the host's DNS and its way out, then run again."
DIRECTORY = "Check `tls.directory_url`."


@pytest.mark.parametrize(
    ("output", "kind", "message", "advice"),
    [
        (
            ACCOUNT,
            "accountDoesNotExist",
            "Account https://127.0.0.1:24000/my-account/56c85510d0b00bee not found.",
            "Run again later.",
        ),
        (
            RATE,
            "rateLimited",
            "Error creating new order :: too many certificates already issued for this exact set of domains",
            "Run again after the time it names; try things out with `tls: {staging: true}`.",
        ),
        (
            REJECTED,
            "rejectedIdentifier",
            ('Order included an identifier for which issuance is forbidden by policy: "www.blocked-domain.example"'),
            "This CA issues nothing for that domain: check `domains`, or choose another CA.",
        ),
        (NONCE, "badNonce", "JWS has an invalid nonce: y", "Run again later."),
        (
            "ValueError: Requesting acme.test/dir: Connection refused\n",
            "unreachable",
            "Connection refused",
            UNREACHABLE,
        ),
        (SLOW, "unreachable", "Connection to acme.test timed out", UNREACHABLE),
        (NO_NAME, "unreachable", "Name or service not known", UNREACHABLE),
        (
            UNTRUSTED,
            "untrusted",
            "certificate verify failed: unable to get local issuer certificate",
            "If this CA is your own, name its root certificate as `tls.ca_file`.",
        ),
        (
            "acme.errors.ClientError: <Response [404]>\n",
            "directory",
            "what answers there is no ACME directory (404)",
            DIRECTORY,
        ),
        (
            "acme.errors.ClientError: Unexpected response Content-Type: text/html\n",
            "directory",
            "what answers there is no ACME directory (Content-Type: text/html)",
            DIRECTORY,
        ),
        (
            "certbot.errors.Error: Another instance of Certbot is already running.\n",
            "busy",
            "another certbot runs",
            "Run again later.",
        ),
        (
            "certbot.errors.PluginError: The webroot is away\n",
            "unknown",
            "The webroot is away",
            "Run again later.",
        ),
        ("Killed\n", "unknown", "Killed", "Run again later."),
    ],
)
def test_kind_words_and_advice(output: str, kind: str, message: str, advice: str) -> None:
    trouble = Trouble.read(output if output == "Killed\n" else output + ASK)
    assert (trouble.kind, trouble.message, trouble.advice()) == (kind, message, advice)
