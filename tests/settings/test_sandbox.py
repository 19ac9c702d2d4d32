"""The sandbox of an app, as settings and as lines of its unit."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from roles.sandbox import building, properties
from tests.roles.hosts import apps, host
from windlass.settings.sandbox import Sandbox


def lines(**app: Any) -> list[str]:
    here = host(apps={"shop": app})
    return properties(here, apps(here)[0])


CLOSED = (
    "IPAddressDeny=169.254.169.254 169.254.170.2 169.254.170.23 100.100.100.200 fd00:ec2::254 fd00:ec2::23 fd20:ce::254"
)


@pytest.mark.parametrize("path", ["/mnt/uploads", "/var/www/shop", "/var/lib/other-data", "/var/log/shop", "/opt/shop"])
def test_paths_that_may_be_opened(path: str) -> None:
    assert Sandbox(writable_paths=[path]).writable_paths == [path]
    assert f"ReadWritePaths={path}" in lines(sandbox={"writable_paths": [path]})


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("uploads", "is not an absolute path"),
        ("/", "is not an absolute path"),
        ("/mnt/a b", "is not an absolute path"),
        ("/mnt/%i", "is not an absolute path"),
        ("/mnt/x\nUser=root", "is not an absolute path"),
        ("-/mnt/x", "is not an absolute path"),
        ("/mnt/../etc", "is not a plain path"),
        ("/mnt/", "is not a plain path"),
        ("//etc", "is not a plain path"),
        ("/etc/nginx", "belongs to the system"),
        ("/srv/other/current", "belongs to the system"),
        ("/var/lib", "belongs to the system"),
        ("/home", "belongs to the system"),
        ("/home/x/y", "belongs to the system"),  # ProtectHome hides it
        ("/tmp/x", "belongs to the system"),
        ("/opt", "belongs to the system"),
        ("/var/lib/windlass", "belongs to the system"),
        ("/var/log/windlass/audit", "belongs to the system"),
        ("/var/spool/cron", "belongs to the system"),
    ],
)
def test_paths_refused(path: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Sandbox(writable_paths=[path])


@pytest.mark.parametrize(
    ("right", "gone"),
    [
        ("devices", "PrivateDevices=yes"),
        ("namespaces", "RestrictNamespaces=yes"),
        ("metadata", CLOSED),
        ("proc", "ProcSubset=pid"),
        ("system-calls", "SystemCallFilter=@system-service"),
        ("write-execute", "MemoryDenyWriteExecute=yes"),
    ],
)
def test_each_right_opens_one_thing(right: str, gone: str) -> None:
    assert gone in lines()
    opened = lines(sandbox={"allow": [right]})
    assert gone not in opened
    assert len(lines()) - len(opened) <= 3


def test_levels_of_network() -> None:
    assert "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6" in lines()
    assert [line for line in lines() if line.startswith(("IPAddress", "PrivateNetwork"))] == [CLOSED]
    assert {"IPAddressDeny=any", "IPAddressAllow=localhost"} <= set(lines(sandbox={"network": "loopback"}))
    isolated = lines(sandbox={"network": "isolated"})
    assert {"PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", "IPAddressDeny=any"} <= set(isolated)
    here = host(apps={"shop": {"sandbox": {"network": "isolated"}}})
    assert "PrivateNetwork=yes" not in building(here, apps(here)[0])


def test_a_name_server_is_not_closed_though_it_is_the_clouds_own() -> None:
    here = host(apps={"shop": {}})
    assert here.facts is not None
    here.facts.name_servers = ["127.0.0.53", "169.254.169.254"]
    (closed,) = (line for line in properties(here, apps(here)[0]) if line.startswith("IPAddressDeny="))
    assert closed == CLOSED.replace("169.254.169.254 ", "")


def test_an_installation_sees_nothing_that_the_app_writes() -> None:
    here = host(apps={"shop": {"sandbox": {"writable_paths": ["/mnt/uploads"]}}})
    for_app, for_pip = (set(lines(here, apps(here)[0])) for lines in (properties, building))
    assert for_app - for_pip == {"ReadWritePaths=/var/lib/shop", "ReadWritePaths=/mnt/uploads"}
    assert for_pip - for_app == {"InaccessiblePaths=-/var/lib/shop"}


@pytest.mark.parametrize("off", [False, "off", {"enabled": False}])
def test_off_leaves_the_user_and_no_new_rights(off: Any) -> None:
    assert {line.partition("=")[0] for line in lines(sandbox=off)} == {
        "UMask", "MemoryMax", "TasksMax", "LimitNOFILE", "LimitCORE",
        "LogRateLimitIntervalSec", "LogRateLimitBurst", "NoNewPrivileges", "CapabilityBoundingSet",
        "AmbientCapabilities", "RestrictSUIDSGID",
    }  # fmt: skip


def test_limits_of_memory_and_processes() -> None:
    assert {"MemoryMax=80%", "TasksMax=512"} <= set(lines())
    many = lines(memory_max="1G", gunicorn={"workers": 10, "threads": 20})
    assert {"MemoryMax=1G", "TasksMax=1600"} <= set(many)
    assert "TasksMax=99" in lines(tasks_max=99)


@pytest.mark.parametrize("value", [True, "on", {"network": "none"}, {"allow": ["everything"]}, {"writable": []}])
def test_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        Sandbox.model_validate(value)
