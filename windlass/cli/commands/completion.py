"""`deploy.py completion bash|zsh|fish`: what a shell needs to complete command lines."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import click

FOLDER = Path(__file__).parents[1]


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--alias", metavar="NAME", default="", help="Complete this name, too: that of an alias of yours.")
def completion(shell: str, alias: str) -> None:
    """Print a script that makes a shell complete commands, options, hosts, groups, apps and roles.

    \b
    bash, in ~/.bashrc:                    eval "$(/path/to/deploy.py completion bash)"
    zsh, in ~/.zshrc, after compinit:      eval "$(/path/to/deploy.py completion zsh)"
    fish, in ~/.config/fish/config.fish:   /path/to/deploy.py completion fish | source

    It completes ./deploy.py and a deploy.py on the PATH; in zsh also `python deploy.py`, which bash and fish take for
    python's. For `alias d="python /path/to/deploy.py"` add --alias d.
    """
    if not re.fullmatch(r"[\w.-]*", alias):
        raise click.BadParameter(
            f"{alias!r} is not the name of an alias (letters, digits and . _ -)", param_hint="--alias"
        )
    script = (FOLDER / f"completion.{shell}").read_text(encoding="utf-8")
    # The interpreter and the program that were used here, for they have what they need.
    words = {"@PYTHON@": sys.executable, "@PROGRAM@": str(FOLDER.parents[1] / "deploy.py")}
    for mark, word in words.items():
        script = script.replace(mark, shlex.quote(word))
    click.echo(script.replace("@NAMES@", f"deploy.py {alias}".strip()), nl=False)
