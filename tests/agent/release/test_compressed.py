"""What is compressed of another file than the one beside it is not served."""

from __future__ import annotations

import gzip
from pathlib import Path

from windlass.agent.release.compressed import PIECE, remove_stale


def test_what_is_compressed_of_another_file_is_removed(tmp_path: Path) -> None:
    static = tmp_path / "web/static/deep"
    static.mkdir(parents=True)
    contents = {
        "new": (b"new", b"old"), "same": (b"same", b"same"), "longer": (b"longer", b"long"), "empty": (b"", b""),
        "long": (b"x" * PIECE * 2, b"x" * PIECE * 2), "end": (b"x" * PIECE, b"x" * (PIECE + 1)),
    }  # fmt: skip
    for name, (plain, compressed) in contents.items():
        (static / f"{name}.css").write_bytes(plain)
        (static / f"{name}.css.gz").write_bytes(gzip.compress(compressed))
    (static / "damaged.css").touch()
    (static / "damaged.css.gz").write_bytes(b"damaged")
    (static / "alone.gz").write_bytes(gzip.compress(b"x"))
    (tmp_path / "other.css").touch()
    (tmp_path / "other.css.gz").write_bytes(b"not served")
    gone = [f"web/static/deep/{name}.css.gz" for name in ("damaged", "end", "longer", "new")]
    assert remove_stale(str(tmp_path), ["web/static", "web/static/deep"]) == gone
    assert {path.name for path in static.glob("*.gz")} == {"alone.gz", "empty.css.gz", "long.css.gz", "same.css.gz"}
