"""What nginx's files name and its sandbox would keep from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from windlass.agent.nginx import sandbox
from windlass.agent.nginx.directives import read
from windlass.agent.nginx.sandbox import conflicts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _tmp_is_no_hidden_folder_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "HIDDEN", ("/home", "/root"))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("access_log /srv/x/access.log combined;", "/srv/x/access.log (PATH:2) cannot be written to"),
        ("access_log /var/www/$host.log;", "/var/www/ (PATH:2) cannot be written to"),
        ("proxy_cache_path /data/cache keys_zone=x:1m;", "/data/cache (PATH:2) cannot be written to"),
        ("proxy_pass http://unix:/home/me/x.sock:/uri;", "/home/me/x.sock (PATH:2) is hidden"),
        ("server unix:/home/me/x.sock fail_timeout=0;", "/home/me/x.sock (PATH:2) is hidden"),
        ("root /home/me/site;", "/home/me/site (PATH:2) is hidden"),
        ("ssl_certificate_key /root/key.pem;", "/root/key.pem (PATH:2) is hidden"),
        ("access_log /home/me/access.log;", "/home/me/access.log (PATH:2) is hidden"),
        ("access_log /var/log/nginx/x.log;", ""),
        ("error_log stderr;", ""),
        ("fastcgi_cache_path /var/cache/nginx/x;", ""),
        ("proxy_pass http://unix:/run/x.sock;", ""),
        ("location /home { return 301 /root/x; }", ""),
        ("rewrite ^/home/x /root/y;", ""),
        ("root /srv/site;", ""),
    ],
)
def test_what_is_kept_from_it(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(f"\n{line}\n")
    assert "; ".join(map(str, conflicts(read(str(path))))) == told.replace("PATH", str(path))


def test_links_lead_to_what_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    (home / "logs").mkdir(parents=True)
    (home / "site.conf").write_text("gzip on;\n")
    (tmp_path / "enabled").symlink_to(home / "site.conf")
    (tmp_path / "logs").symlink_to(home / "logs")
    (tmp_path / "nginx.conf").write_text(f"include enabled;\naccess_log {tmp_path}/logs/x.log;\n")
    monkeypatch.setattr(sandbox, "HIDDEN", (str(home),))
    assert [str(each).replace(str(tmp_path), "") for each in conflicts(read(str(tmp_path / "nginx.conf")))] == [
        "/enabled (/enabled:1) is hidden",
        "/logs/x.log (/nginx.conf:2) is hidden",
    ]
