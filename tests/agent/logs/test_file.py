"""nginx's log files: read backwards through the rotated ones, then followed through a rotation."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from windlass.agent.failures import Failed
from windlass.agent.logs.file import BLOCK, LogFile, backwards
from windlass.agent.logs.line import Wanted

Of = Callable[..., LogFile]

NOON = 1795262400  # 2026-11-21 12:00:00 UTC


def access(number: int, status: int = 200) -> str:
    clock = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(NOON + number))
    return f'192.0.2.1 - - [{clock}] "GET /{number} HTTP/1.1" {status} 10 "-" "-"\n'


def texts(lines: list[dict[str, Any]]) -> list[str]:
    return [line["text"].split()[4] for line in lines]


def wanted(count: int = 100, since: float = 0, grep: str | None = None) -> Wanted:
    return Wanted.of(count, since, grep)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Lines 0 to 5 in three files, as logrotate leaves them."""
    (tmp_path / "shop.access.log.2.gz").write_bytes(gzip.compress((access(0) + access(1)).encode()))
    (tmp_path / "shop.access.log.1").write_text(access(2) + access(3))
    (tmp_path / "shop.access.log").write_text(access(4) + access(5))
    (tmp_path / "shop.access.log.bak").write_text(access(9))
    return tmp_path / "shop.access.log"


@pytest.fixture
def of() -> Iterator[Of]:
    """Opens the log that lies there."""
    opened: list[LogFile] = []

    def open_it(log: Path, kind: str = "access") -> LogFile:
        opened.append(LogFile("shop", kind, str(log.parent)))
        return opened[-1]

    yield open_it
    for file in opened:
        file.close()


def test_newest_first_through_rotated_files(log: Path, of: Of) -> None:
    assert texts(of(log).before(wanted())) == ["/5", "/4", "/3", "/2", "/1", "/0"]
    assert texts(of(log).before(wanted(3))) == ["/5", "/4", "/3"]
    assert texts(of(log).before(wanted(since=NOON + 3))) == ["/5", "/4", "/3"]
    assert texts(of(log).before(wanted(1, grep="get /[12] "))) == ["/2"]
    assert of(log).before(wanted(grep="GET /X")) == of(log).before(wanted(0)) == []


def test_a_line_has_its_time_in_any_zone_and_its_priority(log: Path, of: Of) -> None:
    log.write_text(access(7, status=502).replace("12:00:07 +0000", "14:30:07 +0230"))
    (line,) = of(log).before(wanted(1))
    assert line == {
        "time": NOON + 7,
        "app": "shop",
        "source": "access",
        "priority": 3,
        "text": '192.0.2.1 - - "GET /7 HTTP/1.1" 502 10 "-" "-"',
    }


def test_an_error_has_the_time_of_the_host_and_the_level_of_nginx(tmp_path: Path, of: Of) -> None:
    clock = time.strftime("%Y/%m/%d %H:%M:%S", time.localtime(NOON))
    (tmp_path / "shop.error.log").write_text(f"{clock} [warn] 7#7: *1 a body is buffered\nmore\n")
    more, line = of(tmp_path / "shop.error.log", "error").before(wanted())
    assert (line["time"], line["priority"], line["text"]) == (NOON, 4, "warn: 7#7: *1 a body is buffered")
    assert more["text"] == "more"


def test_following_through_a_rotation(log: Path, of: Of) -> None:
    file = of(log)
    assert texts(list(file.fresh(wanted()))) == []
    with log.open("a") as nginx:
        nginx.write(access(6) + access(7)[:20])
        nginx.flush()
        assert texts(list(file.fresh(wanted()))) == ["/6"]
        os.rename(log, f"{log}.1")
        log.touch()
        # nginx has not been told yet.
        nginx.write(access(7)[20:])
    assert texts(list(file.fresh(wanted()))) == ["/7"]
    log.write_text(access(8))
    assert texts(list(file.fresh(wanted()))) == ["/8"]
    assert list(file.fresh(wanted())) == []


def test_a_log_that_is_not_there_yet_or_emptied(tmp_path: Path, of: Of) -> None:
    log = tmp_path / "shop.access.log"
    file = of(log)
    assert file.before(wanted()) == list(file.fresh(wanted())) == []
    log.write_text(access(1) + access(2))
    assert texts(list(file.fresh(wanted(grep="/2")))) == ["/2"]
    log.write_text(access(3))
    assert texts(list(file.fresh(wanted()))) == ["/3"]


def test_lines_longer_than_a_block_backwards(tmp_path: Path) -> None:
    path = tmp_path / "log"
    lines = [b"a", b"b" * BLOCK, b"", b"c" * (3 * BLOCK + 1), b"d"]
    path.write_bytes(b"\n".join(lines) + b"\n")
    with path.open("rb") as file:
        assert list(backwards(file, path.stat().st_size)) == [line for line in reversed(lines) if line]


def test_grep_is_as_that_of_journalctl() -> None:
    line = {"text": "Error: no"}
    assert wanted(grep="error").matches(line)
    assert wanted(grep="Error").matches(line)
    assert not wanted(grep="ERROR").matches(line)
    with pytest.raises(Failed, match=r"does not understand the pattern '\('"):
        wanted(grep="(")
