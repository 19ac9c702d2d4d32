"""Patches in colour."""

from __future__ import annotations

from windlass.output.patch_view import painted

PATCH = """diff --git a/etc/x b/etc/x
old mode 100644
new mode 100600
--- a/etc/x
+++ b/etc/x
@@ -1,2 +1,2 @@ def f():
 same
--- is a line
+++ is one, too"""


def paint(text: str, colour: str, *, bold: bool = False) -> str:
    return f"<{'bold' if bold else colour} {text}>"


def test_the_colours_are_gits() -> None:
    assert list(painted(PATCH, paint)) == [
        "<bold diff --git a/etc/x b/etc/x>",
        "<bold old mode 100644>",
        "<bold new mode 100600>",
        "<bold --- a/etc/x>",
        "<bold +++ b/etc/x>",
        "<cyan @@ -1,2 +1,2 @@> def f():",
        " same",
        "<red --- is a line>",
        "<green +++ is one, too>",
    ]


def test_each_file_of_several_has_its_headers() -> None:
    assert list(painted(f"{PATCH}\n{PATCH}", paint)) == 2 * list(painted(PATCH, paint))


def test_nothing_to_show() -> None:
    assert list(painted("", paint)) == []
