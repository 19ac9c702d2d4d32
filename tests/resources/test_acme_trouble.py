"""What becomes of certbot's words: those of certbot 2.1 (Debian 12) and 4.0 (Debian 13), in their format."""

from __future__ import annotations

import pytest

from windlass.resources.acme_trouble import Trouble

ASK = "Ask for help or search for solutions at https://community.letsencrypt.org. See the logfile ...\n"

VALIDATION = """\
Requesting a certificate for a.test and nx.invalid

Certbot failed to authenticate some domains (authenticator: webroot). The Certificate Authority reported these problems:
  Domain: nx.invalid
  Type:   dns
  Detail: DNS problem: NXDOMAIN looking up A for nx.invalid - check that a DNS record exists for this domain

  Domain: localhost
  Type:   connection
  Detail: 192.0.2.1: Fetching http://localhost/.well-known/acme-challenge/x: Connection refused

Hint: The Certificate Authority failed to download the temporary challenge files created by Certbot. Ensure that ...

certbot.errors.AuthorizationError: Some challenges have failed.
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


def test_each_domain_is_named_with_what_the_ca_says_and_where_it_leads() -> None:
    trouble = Trouble.read(VALIDATION)
    assert (trouble.kind, trouble.domains) == ("dns", ["nx.invalid", "localhost"])
    first, second = trouble.message.splitlines()
    assert first.startswith("nx.invalid: DNS problem: NXDOMAIN looking up A for nx.invalid - check that")
    assert first.endswith("(nx.invalid does not resolve on the host, either)")
    assert "Connection refused (localhost is 127.0.0.1" in second.replace("::1, ", "").replace(", ::1", "")
    assert "nx.invalid and localhost point at this host" in trouble.advice()


@pytest.mark.parametrize(
    ("output", "kind", "message"),
    [
        (ACCOUNT, "accountDoesNotExist", "Account https://127.0.0.1:24000/my-account/56c85510d0b00bee not found."),
        (RATE, "rateLimited", RATE.rpartition("type :: ")[2].strip()),
        (NONCE, "badNonce", "JWS has an invalid nonce: y"),
        ("ValueError: Requesting acme.test/dir: Connection refused\n", "unreachable", "Connection refused"),
        (SLOW, "unreachable", "Connection to acme.test timed out"),
        (NO_NAME, "unreachable", "Name or service not known"),
        (UNTRUSTED, "untrusted", "certificate verify failed: unable to get local issuer certificate"),
        ("acme.errors.ClientError: <Response [404]>\n", "directory", "what answers there is no ACME directory (404)"),
        ("certbot.errors.Error: Another instance of Certbot is already running.\n", "busy", "another certbot runs"),
        ("certbot.errors.PluginError: The webroot is away\n", "unknown", "The webroot is away"),
    ],
)
def test_kind_and_words(output: str, kind: str, message: str) -> None:
    trouble = Trouble.read(output + ASK)
    assert (trouble.kind, trouble.message) == (kind, message)
    assert trouble.advice().endswith(".")


def test_unknown_words_are_passed_on() -> None:
    assert Trouble.read("Killed\n") == Trouble("unknown", "Killed")
