"""What one visitor may take of an app, tried on a real nginx."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from roles.site import site
from tests.roles.hosts import apps, host, resources, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.nginx_process import NginxProcess

# Has nginx believe a header about where a visitor comes from, as it does for a load balancer.
FROM = "set_real_ip_from 127.0.0.0/8; real_ip_header X-From;"


@pytest.fixture
def shop_with_limits(tmp_path: Path, shop_with: Callable[..., NginxProcess]) -> Callable[..., NginxProcess]:
    """An nginx that counts `shop`'s visitors, wherever they say they come from."""
    (tmp_path / "etc/nginx/conf.d").mkdir(parents=True)
    (tmp_path / "etc/nginx/conf.d/from.conf").write_text(FROM)
    return lambda **limits: shop_with(limits=limits, tls="off")


def asked(process: NginxProcess, visitor: str, times: int = 8, path: str = "/") -> Counter[int]:
    """How often which status came."""
    return Counter(process.ask(f"http://shop.test{path}", X_From=visitor).status for _ in range(times))


def test_who_asks_too_often_is_told_so_and_nobody_else(shop_with_limits: Callable[..., NginxProcess]) -> None:
    process = shop_with_limits(requests_per_second=1, burst=3, exempt=["203.0.113.0/24"])
    refused = asked(process, "198.51.100.7")
    assert refused[200] >= 4  # more where the machine is slow
    assert refused[429] >= 1
    assert asked(process, "198.51.100.8", 4) == {200: 4}
    assert asked(process, "203.0.113.7") == {200: 8}
    assert asked(process, "127.0.0.1", 50) == {200: 50}
    # A page has many pictures; they cost the app nothing.
    assert asked(process, "198.51.100.7", 20, "/static/none.png") == {404: 20}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::7", "2001:db8:1:2:3:4:5:6", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
        ("2001:db8:1::7", "2001:db8:1::8:9", True),
        ("2001:db8::7", "2001:db8::8", True),
        ("2001:db8::7", "2001:db9::7", False),
    ],
)
def test_a_household_with_ipv6_is_one_visitor(
    shop_with_limits: Callable[..., NginxProcess], one: str, other: str, same: bool
) -> None:
    process = shop_with_limits(requests_per_second=1, burst=1)
    assert asked(process, one)[429] >= 1
    assert (429 in asked(process, other, 2)) is same


def test_who_takes_up_too_much_at_once_is_told_so(shop_with_limits: Callable[..., NginxProcess]) -> None:
    process = shop_with_limits(connections=2)
    with ThreadPoolExecutor(5) as pool:
        answers = Counter(pool.map(lambda _: asked(process, "198.51.100.7", 1, "/slow").popitem()[0], range(5)))
    assert answers == {200: 2, 429: 3}


def test_the_defaults_do_not_hurt_an_office(shop_with_limits: Callable[..., NginxProcess]) -> None:
    assert asked(shop_with_limits(), "198.51.100.7", 150) == {200: 150}


@pytest.mark.parametrize(("limits", "words"), [(False, set()), ({"connections": 0}, {"limit_req", "limit_req_zone"})])
def test_limits_can_be_switched_off(limits: Any, words: set[str]) -> None:
    here = host(apps={"my-shop": {"limits": limits}})
    configuration = text(resources(site, here, apps(here)[0])["file /etc/nginx/sites-enabled/my-shop.conf"])
    assert {word for word in configuration.split() if word.startswith("limit_")} == words
