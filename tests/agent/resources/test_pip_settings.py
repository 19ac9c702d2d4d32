"""What pip is told of a host's own configuration: the way to packages, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from windlass.agent.failures import Failed
from windlass.agent.resources import pip_settings


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pip_settings, "FILES", (f"{tmp_path}/xdg.conf", f"{tmp_path}/pip.conf"))
    monkeypatch.setattr(pip_settings, "ENVIRONMENT", f"{tmp_path}/environment")
    return tmp_path


NOTHING = {"PIP_CONFIG_FILE": "/dev/null"}


def test_a_host_that_says_nothing(host: Path) -> None:
    assert pip_settings.variables() == NOTHING


def test_proxies_and_certificates_are_those_of_a_login(host: Path) -> None:
    (host / "environment").write_text(
        '# PIP_X=1\nhttps_proxy="http://proxy:3128"\nPATH=/bin\nSSL_CERT_FILE=/ca.pem\nnonsense\n'
    )
    assert pip_settings.variables() == {
        "https_proxy": "http://proxy:3128", "SSL_CERT_FILE": "/ca.pem", **NOTHING
    }  # fmt: skip


def test_indexes_are_taken_and_what_is_about_others_use_of_pip_is_not(host: Path) -> None:
    (host / "xdg.conf").write_text("[global]\nindex-url = https://weak.test/simple\ntimeout = 9\n")
    (host / "pip.conf").write_text(
        "[global]\nindex_url = https://user:100%25@index.test/simple\nextra-index-url =\n  https://a.test\n  https://b.test\n"
        "user = true\nlog = /var/log/pip.log\n[install]\nno-index = true\ntarget = /opt\n[freeze]\nproxy = x\n"
    )
    (host / "environment").write_text("PIP_TIMEOUT=5\nPIP_USER=1\nPIP_CONFIG_FILE=/root/pip.conf\n")
    assert pip_settings.variables() == {
        "PIP_INDEX_URL": "https://user:100%25@index.test/simple",
        "PIP_EXTRA_INDEX_URL": "https://a.test https://b.test",
        "PIP_NO_INDEX": "true",
        "PIP_TIMEOUT": "5",
        **NOTHING,
    }


def test_a_file_that_nobody_could_read(host: Path) -> None:
    (host / "pip.conf").write_text("index-url = x\n")
    with pytest.raises(Failed) as raised:
        pip_settings.variables()
    words = f"File contains no section headers. file: '{host}/pip.conf', line: 1 'index-url = x\\n'"
    assert (str(raised.value), raised.value.hint) == (
        f"pip's configuration cannot be read: {words}",
        "Mend it, or move it away.",
    )
