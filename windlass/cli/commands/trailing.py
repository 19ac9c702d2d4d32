"""Command lines that end in another command: `HOST... [OPTIONS] -- COMMAND...`."""

from __future__ import annotations

import shlex
from typing import Any

import click

TRAILING = "windlass.trailing"


class Trailing(click.Command):
    """A command that finds in `ctx.meta[TRAILING]` what stands behind the dashes, if any do; none of it ours to read.

    `trailing` is how the usage line shows that part.
    """

    def __init__(self, *arguments: Any, trailing: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.trailing = trailing

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta[TRAILING] = args[at + 1 :]
            args = args[:at]
        ctx.allow_extra_args = True  # refused here, where it is known what they may be
        try:
            extra = super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if TRAILING in ctx.meta:
                raise
            words = f"{error.message} Those of a command go behind dashes with it: -- COMMAND..."
            raise click.NoSuchOption(error.option_name, words, error.possibilities, ctx) from None
        if extra and not ctx.resilient_parsing:
            words = shlex.join(extra)
            ctx.fail(f"Got unexpected extra argument ({words}). A command goes behind dashes: -- {words}")
        return extra

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), self.trailing]
