"""Where lab hosts are reached, and how many this machine can carry."""

from __future__ import annotations

import socket

from windlass.lab import limits, network, place


def test_own_address_with_standard_ports_comes_first() -> None:
    address, ports = next(place.places(40, set()))
    assert address.startswith("127.0.0.")
    assert address != "127.0.0.1"
    assert set(ports) == {22, 80, 443}


def test_taken_addresses_are_passed_over() -> None:
    first, second = (next(place.places(40, taken))[0] for taken in (set(), {next(place.places(40, set()))[0]}))
    assert first != second


def test_addresses_wrap_around() -> None:
    assert next(place.places(250 + 40, set())) == next(place.places(40, set()))


def test_places_end_on_the_common_address_with_free_ports() -> None:
    address, ports = list(place.places(7, set()))[-1]
    assert address == "127.0.0.1"
    assert len({*ports.values()} - {22, 80, 443}) == 3


def test_port_that_somebody_uses_is_not_free() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.77", 0))
        listener.listen()
        used = listener.getsockname()[1]
        assert not place._is_free("127.0.0.77", used)
        assert place._is_free("127.0.0.78", used)
    assert place._is_free("127.0.0.77", used)


def test_address_that_the_machine_has_not_is_not_free() -> None:
    assert not place._is_free("192.0.2.1", 22)


def test_free_address_is_the_first_that_is_not_taken() -> None:
    assert network.free_address("10.9.8.0/24", set()) == "10.9.8.11"
    assert network.free_address("10.9.8.0/24", {"10.9.8.11", "10.9.8.13"}) == "10.9.8.12"


def test_limit_of_inotify_instances_is_told() -> None:
    assert limits.warning(21, 128) is None
    assert limits.warning(22, 128) == (
        "fs.inotify.max_user_instances is 128, enough for about 21 lab hosts, not 22: services may fail to start;"
        " to raise it: sysctl fs.inotify.max_user_instances=1024"
    )
