"""Words of others (hosts, repositories, programs) made fit for the operator's terminal, once, where they come in."""

from __future__ import annotations


def harmless(text: str, lines: bool = True) -> str:
    """The text with all escaped that could steer a terminal, reorder what is read there, or cannot be written.

    Line ends and tabs stay where it may have several `lines`.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or (lines and sign in "\n\t") else _shown(sign) for sign in text)


def _shown(sign: str) -> str:
    """As Python writes it; spaces of other widths stay."""
    from unicodedata import category

    return sign if category(sign) == "Zs" else ascii(sign)[1:-1]
