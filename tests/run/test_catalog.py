"""Catalogs: what goes over the wire, and mistakes of roles."""

from __future__ import annotations

import pytest

from windlass.agent.resources import File, Unit
from windlass.run.catalog import Catalog, Entry


def test_content_is_named_and_kept_aside() -> None:
    catalog = Catalog([Entry(File("/etc/motd", "hello"), "base")])
    (entry,) = catalog.encoded()
    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert entry["kind"] == "windlass.agent.resources.file:File"
    assert entry["fields"]["content"] == {"$sha256": digest, "$size": 5}
    assert catalog.contents == {digest: b"hello"}


def test_notified_resources_are_named() -> None:
    nginx = Unit("nginx.service")
    catalog = Catalog([Entry(File("/etc/a", "", notify=[nginx]), "nginx"), Entry(nginx, "nginx")])
    assert catalog.encoded()[0]["notify"] == ["unit nginx.service"]


def test_a_notified_resource_must_come_later() -> None:
    nginx = Unit("nginx.service")
    with pytest.raises(ValueError, match=r"file /etc/a notifies unit nginx\.service, which does not come later"):
        Catalog([Entry(nginx, "nginx"), Entry(File("/etc/a", "", notify=[nginx]), "nginx")])


def test_a_resource_is_declared_once() -> None:
    with pytest.raises(ValueError, match="role base: file /etc/a is declared twice"):
        Catalog([Entry(File("/etc/a", ""), "base"), Entry(File("/etc/a", "x"), "base")])
