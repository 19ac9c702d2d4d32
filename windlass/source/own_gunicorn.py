"""The gunicorn.conf.py that a source brings, which Gunicorn reads by itself elsewhere: its hooks count here, too."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from windlass.errors import SourceError

if TYPE_CHECKING:
    from windlass.source.tree import Tree

FILE = "gunicorn.conf.py"
# Where `wsgi` is looked for, among other places.
READ = "wsgi_app"
HOOKS = frozenset(
    [
        "child_exit", "nworkers_changed", "on_exit", "on_reload", "on_starting", "post_fork", "post_request",
        "post_worker_init", "pre_exec", "pre_fork", "pre_request", "when_ready", "worker_abort", "worker_exit",
        "worker_int",
    ]
)  # fmt: skip


def hooks_of(tree: Tree) -> tuple[str, ...]:
    """The hooks in it, by name; raises SourceError when it is no Python."""
    return tuple(sorted(_names(tree) & HOOKS))


def remark(tree: Tree) -> tuple[str, ...]:
    """What to tell about it: which of it counts, and which does not."""
    names = _names(tree)
    hooks = hooks_of(tree)
    settings = sorted(name for name in names - HOOKS - {READ} if not name.startswith("_"))
    told = [f"the hooks of {FILE} are used ({', '.join(hooks)})"] if hooks else []
    if settings:
        verb = "is" if len(settings) == 1 else "are"
        told.append(f"{', '.join(settings)} of {FILE} {verb} not used: see the app's `gunicorn`")
    return (f"{tree.label}: {', '.join(told)}",) if told else ()


def _names(tree: Tree) -> set[str]:
    """What it defines at its top."""
    if FILE not in tree:
        return set()
    try:
        body = ast.parse(tree.text(FILE)).body
    except SyntaxError as error:
        raise SourceError(
            f"{tree.label}/{FILE}:{error.lineno}: {error.msg}", hint=f"Correct it, or name it in .deployignore: {FILE}"
        ) from None
    found = {each.name for each in body if isinstance(each, ast.FunctionDef)}
    for each in body:
        if isinstance(each, ast.Assign | ast.AnnAssign):
            targets = each.targets if isinstance(each, ast.Assign) else [each.target]
            found |= {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    return found
