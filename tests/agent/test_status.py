"""What `status` tells of a host and its apps, and what it calls wrong."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click
import pytest

from tests.nginx_process import self_signed
from windlass.agent.status import certificate
from windlass.cli.commands.status import _app_lines, _well

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86400
APP: dict[str, Any] = {
    "name": "shop",
    "release": "20261121T031640Z-ab12cd34",
    "commit": None,
    "dirty": False,
    "age": 7300,
    "active": True,
    "workers": 2,
    "memory": None,
    "restarts": 0,
    "workers_lost": 0,
    "health": "ok",
    "advice": [],
    "visitors": [],
    "certificate_kind": "ca",
    "certificate_issuer": "R12",
    "certificate_until": 0,
    "certificate_late": False,
}
HOST: dict[str, Any] = {
    "error": None,
    "nginx": True,
    "firewall": None,
    "failed_units": [],
    "stale": {},
    "updates": 0,
    "reboot": False,
}


@pytest.mark.parametrize(("mode", "kind"), [("letsencrypt", "placeholder"), ("self-signed", "self-signed")])
def test_a_self_signed_certificate_is_as_good_as_the_inventory_says(tmp_path: Path, mode: str, kind: str) -> None:
    self_signed(tmp_path, ["shop.test"], "-days", "800")
    told = certificate(str(tmp_path), mode)
    assert (told["certificate_kind"], told["certificate_issuer"]) == (kind, "test")


def test_a_certificate_of_a_ca(tmp_path: Path) -> None:
    (tmp_path / "ca").mkdir()
    self_signed(tmp_path / "ca", ["ca.test"])
    signed = ["-subj", "/CN=shop.test", "-CA", "ca/fullchain.pem", "-CAkey", "ca/privkey.pem", "-days", "90"]
    self_signed(tmp_path, ["shop.test"], *signed)
    told = certificate(str(tmp_path), "letsencrypt")
    assert abs(told.pop("certificate_until") - time.time() - 90 * DAY) < DAY
    assert told == {"certificate_kind": "ca", "certificate_issuer": "test", "certificate_late": False}


def test_no_certificate(tmp_path: Path) -> None:
    assert certificate(str(tmp_path), "letsencrypt") == {"certificate_kind": "missing"}


WRONG: list[dict[str, Any]] = [
    {"release": None},
    {"active": False, "health": None},
    {"health": "HTTP 500"},
    {"certificate_kind": "placeholder"},
    {"certificate_kind": "missing"},
    {"certificate_late": True},
    {"visitors": ["shop.test is answered by the server block at /etc/nginx/sites-enabled/old:3"]},
]


@pytest.mark.parametrize("fault", WRONG, ids=lambda fault: "-".join(map(str, fault.values())))
def test_an_app_in_which_something_is_wrong(fault: dict[str, Any]) -> None:
    assert not _well({**HOST, "apps": [APP, {**APP, **fault}]})


@pytest.mark.parametrize(
    "fault", [{"nginx": False}, {"firewall": False}, {"failed_units": ["a.service"]}, {"stale": {"shop": ["a.so"]}}]
)
def test_a_host_on_which_something_is_wrong(fault: dict[str, Any]) -> None:
    assert not _well({**HOST, **fault, "apps": [APP]})


def test_a_warning_is_no_fault() -> None:
    assert _well({**HOST, "reboot": True, "updates": 7, "apps": [APP]})
    assert _well({**HOST, "apps": [{**APP, "certificate_kind": None, "certificate_late": None}]})


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, "certificate from R12 until {}"),
        ({"certificate_kind": "self-signed"}, "self-signed certificate until {}"),
        ({"certificate_late": True}, "certificate from R12 until {}: `provision` renews it"),
        ({"certificate_kind": "placeholder"}, "a self-signed placeholder for a certificate: `provision` gets one"),
        ({"certificate_kind": "missing"}, "no certificate: `provision` gets one"),
    ],
)
def test_the_kind_of_a_certificate_in_words(known: dict[str, Any], said: str) -> None:
    until = time.time() + 3.1 * DAY
    day = time.strftime("%Y-%m-%d", time.gmtime(until))
    assert lines(**{"certificate_until": until, **known})[2] == f"  {said.format(f'{day} (3 days)')}"


def test_an_expired_certificate_in_words() -> None:
    until = time.time() - 1.2 * DAY
    day = time.strftime("%Y-%m-%d", time.gmtime(until))
    said = f"  certificate from R12 expired {day} (1 d ago): `provision` renews it"
    assert lines(certificate_until=until, certificate_late=True)[2] == said


def test_an_app_that_does_not_run_has_no_health() -> None:
    shown = lines(active=False, health=None, workers=0, certificate_kind=None)
    assert shown == ["shop  20261121T031640Z-ab12cd34, 2 h old", "  not running, 0 workers, 0 restarts"]


def test_workers_that_were_lost_are_told() -> None:
    assert lines(workers_lost=3)[1] == "  running, healthy, 2 workers, 0 restarts, workers lost: 3 (see `logs`)"


def lines(**known: Any) -> list[str]:
    return [click.unstyle(line) for line in _app_lines({**APP, **known})]


def test_what_visitors_meet_instead_in_words() -> None:
    shown = lines(visitors=["shop.test is answered by the server block at /x:3"], certificate_kind=None)
    assert shown[2:] == ["  not reached: shop.test is answered by the server block at /x:3"]
