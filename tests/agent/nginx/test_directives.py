"""nginx's configuration, read as nginx reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.agent.nginx.directives import read

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.agent.nginx.directives import Directive

TEXT = r"""# { comment ; }
user www-data;
http {
    map $a $b { "~x{2}" 1; default ""; }
    server { # }
        server_name "a b" 'c\'d' "~^(?<n>\w{1,3})\.x$";
        listen
            80;
        location ~ "^/x{2}/" { return 200 "a;b}"; }
        set $x ${a}b; access_log /x/#y;
        content_by_lua_block { if x then { a = {1} } end }
        if ($a = "") { return 403; }
    }
}
"""


def told(directives: list[Directive]) -> list[object]:
    return [
        (each.line, each.words, told(each.inside)) if each.inside else (each.line, each.words) for each in directives
    ]


def test_words_blocks_and_lines(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text(TEXT)
    assert told(read(str(tmp_path / "nginx.conf")).inside) == [
        (2, ["user", "www-data"]),
        (3, ["http"], [
            (4, ["map", "$a", "$b"], [(4, ["~x{2}", "1"]), (4, ["default", ""])]),
            (5, ["server"], [
                (6, ["server_name", "a b", "c'd", r"~^(?<n>\w{1,3})\.x$"]),
                (7, ["listen", "80"]),
                (9, ["location", "~", "^/x{2}/"], [(9, ["return", "200", "a;b}"])]),
                (10, ["set", "$x", "${a}b"]),
                (10, ["access_log", "/x/#y"]),
                (11, ["content_by_lua_block"]),
                (12, ["if", "($a", "=", "", ")"], [(12, ["return", "403"])]),
            ]),
        ]),
    ]  # fmt: skip


def test_files_stand_where_they_are_included(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "nginx.conf").write_text("http {\n  include sites/*;\n  gzip off;\n}\n")
    (tmp_path / "sites/b").write_text("server { listen 81; }\n")
    (tmp_path / "sites/a").write_text("\nserver { include nowhere; include nginx.conf; }\n")
    http = read(str(tmp_path / "nginx.conf")).inside[0]
    assert [each.place.removeprefix(f"{tmp_path}/") for each in http.inside] == [
        "nginx.conf:2", "sites/a:2", "sites/b:1", "nginx.conf:3",
    ]  # fmt: skip


def test_what_is_damaged_or_missing_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text('} } http { server { listen 80; name "never ends; }')
    assert [each.words for each in read(str(tmp_path / "nginx.conf")).walk()][:4] == [
        [], ["http"], ["server"], ["listen", "80"],
    ]  # fmt: skip
    assert read(str(tmp_path / "none")).inside == []
