"""Why a process of an app has failed, and what its sandbox has to do with it."""

from __future__ import annotations

import pytest

from windlass.release.reason import advice, telling


def test_the_last_line_that_says_why() -> None:
    assert telling(["starting", "ValueError: a", "KeyError: 'b'", "Worker exiting"]) == 2
    assert telling(["all is well"]) is None
    journal = ["notes@1.service: Failed to set up mount namespacing: /mnt/x: No such file or directory"]
    assert telling(journal) == 0


@pytest.mark.parametrize(
    ("reason", "setting"),
    [
        ("OSError: [Errno 30] Read-only file system: '/opt/x'", "writable_paths"),
        ("x.service: Failed to set up mount namespacing: /mnt/x: No such file or directory", "writable_paths"),
        ("OSError: [Errno 97] Address family not supported by protocol", "network"),
        ("OSError: [Errno 101] Network is unreachable", "network"),
        ("PermissionError: [Errno 1] Operation not permitted", "allow"),
        (
            "PermissionError: [Errno 13] Permission denied",
            "a port or a socket that is not the app's; if the app makes code",
        ),
        ("ImportError: libx.so: cannot enable executable stack as shared object requires", "write-execute"),
    ],
)
def test_the_setting_that_opens_it(reason: str, setting: str) -> None:
    assert setting in (advice(reason) or "")


def test_other_reasons_have_nothing_to_do_with_the_sandbox() -> None:
    assert advice("ModuleNotFoundError: No module named 'x'") is None
    assert advice("PermissionError: [Errno 13] Permission denied: '/srv/notes/x'") is None
    assert advice("") is None
