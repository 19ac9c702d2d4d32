"""Words of settings at the border: what programs take for more than a word is refused, and no more than that."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from windlass.inventory.connection import Connection
from windlass.settings.words import BodySize, DebianPackage, DirectoryUrl, Email, JournalSize, MemorySize, Source

GOOD: dict[Any, list[str]] = {
    DebianPackage: ["vim", "g++", "g++-12", "memtest86+", "libstdc++6", "python3.11", "0ad", "libc++-dev"],
    MemorySize: ["512M", "1024T", "1000000000K"],
    BodySize: ["1", "10m", "2G", "1048576g"],
    JournalSize: ["off", "500M"],
    Email: ["ops@example.com", "_a+b@example.com"],
    Source: [
        "../shop",
        "git@git.example:shop.git",
        "ssh://git@git.example:22/x",
        "https://git.example/x",
        "file:///s/x",
    ],
    DirectoryUrl: ["https://acme.example/directory"],
}
WRONG: dict[Any, list[str]] = {
    DebianPackage: ["vim-", "vim+", "vim.", "vim=1", "vim/sid", "vim:i386", "-vim", "lib*", "task^", "vim vim"],
    MemorySize: ["1025T", "99999999999999999999G", "0M", "512"],
    BodySize: ["1048577g", "99999999999999999999"],
    JournalSize: ["2000T", "on"],
    Email: ["-x@example.com", "@example.com"],
    Source: ["ssh://-oProxyCommand/x", "git@-x:shop.git", "-u@git.example:x", "https://-x/y"],
    DirectoryUrl: ["http://acme.example/directory", "https://acme.example/a b"],
}


def each(table: dict[Any, list[str]]) -> list[Any]:
    return [pytest.param(kind, value, id=value) for kind, values in table.items() for value in values]


@pytest.mark.parametrize(("kind", "value"), each(GOOD))
def test_taken_as_they_are(kind: Any, value: str) -> None:
    assert TypeAdapter(kind).validate_python(value) == value


@pytest.mark.parametrize(("kind", "value"), each(WRONG))
def test_refused(kind: Any, value: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ansible_ssh_args": "-J -x"},
        {"ansible_ssh_args": "-J me@-x"},
        {"ansible_ssh_args": "-J -u@x"},
        {"ansible_python_interpreter": "-c"},
        {"ansible_user": "-x"},
        {"ansible_host": "-x"},
    ],
)
def test_no_option_is_smuggled_to_ssh(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Connection.model_validate(wrong)
