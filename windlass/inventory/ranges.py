"""Names of hosts, ranges of them as in `web[01:10].example.com`, `db-[a:c]` and `node[0:8:2]`, and `host:port`."""

from __future__ import annotations

import re
import string
from ipaddress import AddressValueError, IPv6Address
from itertools import product

from windlass.inventory.problems import hint_at_vars, quoted

_NAME = re.compile(r"[\w:][\w.:%-]*")
_RANGE = re.compile(r"\[([^\[\]]*)\]")
_PORT = re.compile(
    r"\[(?P<ipv6>[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*)\]:(?P<ipv6_port>[0-9]{1,5})"
    r"|(?P<host>(?:[^:\[\]]|\[[^\]]*\])+):(?P<port>[0-9]{1,5})"
)
_MOST = 10_000  # hosts that one range may make


def expand(pattern: str) -> tuple[list[str], int | None]:
    """The host names a pattern stands for, and the port it ends in (None = none). Raises ValueError."""
    port = None
    if match := _PORT.fullmatch(pattern):
        pattern = match["ipv6"] or match["host"]
        port = int(match["ipv6_port"] or match["port"])
    texts = _RANGE.split(pattern)[::2]
    is_broken = any("[" in text or "]" in text for text in texts)
    if re.search("[=:]", pattern.partition("[")[0] if is_broken else "".join(texts)):
        check_host_names(["1".join(texts)])  # in the brackets of a misplaced variable may be a secret
    if is_broken:
        raise ValueError(f"{quoted(pattern)} has a bracket without its partner; a range is written web[01:10]")
    series = [_series(bounds) for bounds in _RANGE.findall(pattern)]
    count = 1
    for names in series:
        count *= len(names)
    if count > _MOST:
        raise ValueError(f"{pattern!r} stands for {count:,} hosts; at most {_MOST:,}")
    names = ["".join(_interleave(texts, middle)) for middle in product(*series)]
    check_host_names(names)
    return names, port


def check_host_names(names: list[str]) -> None:
    """Raises ValueError for a name that is none."""
    for name in names:
        if not _NAME.fullmatch(name) or (":" in name and not _is_ipv6(name)):
            hint = hint_at_vars(name) or ("; the user goes into ansible_user" if "@" in name else "")
            raise ValueError(f"{quoted(name)} is not a host name or address{hint}")


def _is_ipv6(name: str) -> bool:
    try:
        IPv6Address(name)
    except AddressValueError:
        return False
    return True


def _interleave(texts: list[str], names: tuple[str, ...]) -> list[str]:
    return [part for pair in zip(texts, [*names, ""], strict=True) for part in pair]


def _series(bounds: str) -> list[str]:
    """The names that `01:10`, `a:c` or `0:8:2` stands for; both ends are included."""
    first, colon, rest = bounds.partition(":")
    last, _, step_text = rest.partition(":")
    first = first or "0"
    letters = string.ascii_letters
    if not colon or not last or not re.fullmatch(r"([1-9][0-9]*)?", step_text, re.ASCII):
        raise ValueError(f"'[{bounds}]' is not a range; write [begin:end] or [begin:end:step]")
    step = int(step_text or 1)
    if len(first) == len(last) == 1 and first in letters and last in letters:
        if letters.index(first) > letters.index(last):
            raise ValueError(f"'[{bounds}]' begins after its end")
        return list(letters[letters.index(first) : letters.index(last) + 1 : step])
    if not all(re.fullmatch(r"[0-9]{1,9}", bound, re.ASCII) for bound in (first, last)):
        raise ValueError(f"'[{bounds}]' is not a range of numbers or of single letters")
    width = len(first) if first[0] == "0" and len(first) > 1 else 0
    if width and width != len(last):
        raise ValueError(f"'[{bounds}]' has ends of different length; write [01:10], not [01:9]")
    numbers = range(int(first), int(last) + 1, step)
    if not numbers:
        raise ValueError(f"'[{bounds}]' begins after its end")
    if len(numbers) > _MOST:
        raise ValueError(f"'[{bounds}]' stands for {len(numbers):,} hosts; at most {_MOST:,}")
    return [str(number).zfill(width) for number in numbers]
