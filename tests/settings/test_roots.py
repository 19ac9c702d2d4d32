"""A file that is to hold root certificates, refused where the inventory names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import errors, project
from windlass.lab.certificate import endpoint

INVENTORY = "all:\n  hosts: {h: }\n  vars:\n    tls: {ca_file: ca.pem}\n"
NONE = "has no certificate in it, -----BEGIN CERTIFICATE----- and so on"
GOOD, _, KEY = endpoint("ca.test", "127.0.0.1")
CUT = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", f" {NONE}"),
        ("no certificate\n", f" {NONE}"),
        pytest.param(KEY, f" {NONE}", id="a key"),
        (CUT, ": the certificate in line 1 is damaged"),
        (CUT.replace("MIIB", "M\u00edIB"), ": the certificate in line 1 is damaged"),
        pytest.param(
            f"words\n{GOOD}{CUT}", f": the certificate in line {len(GOOD.splitlines()) + 2} is damaged", id="second"
        ),
    ],
)
def test_a_file_without_a_whole_certificate(tmp_path: Path, content: str, message: str) -> None:
    project(tmp_path, {"ca.pem": content})
    assert errors(tmp_path, INVENTORY) == [
        f"inventory/hosts.yml:4:20: tls.ca_file: '{tmp_path}/ca.pem'{message}",
    ]
