"""Why a process of an app has failed, and what its sandbox has to do with it."""

from __future__ import annotations

import pytest

from windlass.agent.release.reason import advice, telling


def test_the_last_line_that_says_why() -> None:
    assert telling(["starting", "ValueError: a", "KeyError: 'b'", "Worker exiting"]) == 2
    assert telling(["all is well"]) is None
    journal = ["notes@1.service: Failed to set up mount namespacing: /mnt/x: No such file or directory"]
    assert telling(journal) == 0


WRITABLE = "`sandbox: {writable_paths: [...]}` opens folders to the app; its own is /var/lib/APP."
NETWORK = "`sandbox: {network: isolated | loopback | network}` says what the app may connect to."
CODE = "`sandbox: {allow: [write-execute]}` lets the app make code at run time."


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("OSError: [Errno 30] Read-only file system: '/opt/x'", WRITABLE),
        (
            "x.service: Failed to set up mount namespacing: /mnt/x: No such file or directory",
            "A folder of `sandbox: {writable_paths}` has to be there: make it.",
        ),
        ("OSError: [Errno 97] Address family not supported by protocol", NETWORK),
        ("OSError: [Errno 101] Network is unreachable", NETWORK),
        ("socket.gaierror: [Errno -3] Temporary failure in name resolution", NETWORK),
        (
            "PermissionError: [Errno 1] Operation not permitted",
            (
                "Where the app's sandbox forbids it, `sandbox: {allow: [...]}` opens single things, and loopback is all"
                " that `sandbox: {network: loopback}` lets it connect to."
            ),
        ),
        (
            "PermissionError: [Errno 13] Permission denied",
            (
                "It may be a port or a socket that is not the app's; if the app makes code at run time,"
                " `sandbox: {allow: [write-execute]}` lets it."
            ),
        ),
        ("ImportError: libx.so: cannot enable executable stack as shared object requires", CODE),
        ("ImportError: x.so: failed to map segment from shared object", CODE),
    ],
)
def test_the_setting_that_opens_it(reason: str, words: str) -> None:
    assert advice(reason) == words


def test_other_reasons_have_nothing_to_do_with_the_sandbox() -> None:
    assert advice("ModuleNotFoundError: No module named 'x'") is None
    assert advice("PermissionError: [Errno 13] Permission denied: '/srv/notes/x'") is None
    assert advice("") is None
