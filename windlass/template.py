"""Jinja2 templates, ours and those of a project's own roles: an undefined name is an error with file and line."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windlass.errors import TemplateError

if TYPE_CHECKING:
    import jinja2

FOLDER = Path(__file__).parent.parent / "templates"
FOLDERS = [FOLDER]


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDERS),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - configuration files, not HTML; values are checked by the settings
    )


def also_from(folder: Path) -> None:
    """Has `render` find the templates of a further folder, for names that no folder before it has."""
    if folder not in FOLDERS:
        FOLDERS.append(folder)
        _environment.cache_clear()


def load_templates() -> None:
    """Reads the template library in, which `render` would otherwise do when it is first needed."""
    _environment()


def render(name: str, /, **values: Any) -> str:
    """The template `templates/<name>` filled with values.

    Raises TemplateError with `templates/<name>:line:` for a syntax error, a missing template or an undefined name.
    """
    import jinja2

    try:
        return _environment().get_template(name).render(**values)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"templates/{error.name}:{error.lineno}: {error.message}") from None
    except jinja2.TemplateNotFound as error:
        raise TemplateError(f"templates/{error.name}: there is no such template") from None
    except jinja2.UndefinedError as error:
        raise TemplateError(f"{_place(error, name)}: {error.message}") from None


def _place(error: Exception, name: str) -> str:
    """`templates/<name>:<line>` of the innermost frame that is a template; Jinja2 maps compiled lines back."""
    place = f"templates/{name}"
    trace = error.__traceback__
    while trace:
        file = trace.tb_frame.f_code.co_filename
        for folder in FOLDERS:
            if file.startswith(f"{folder}/"):
                place = f"templates/{Path(file).relative_to(folder)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
