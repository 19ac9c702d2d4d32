"""Templates: every mistake is told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from windlass import template
from windlass.errors import TemplateError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(template, "FOLDERS", [tmp_path])
    template._environment.cache_clear()
    yield tmp_path
    template._environment.cache_clear()


def test_renders_with_the_last_newline(folder: Path) -> None:
    (folder / "a.j2").write_text("{% for name in names %}\nserver {{ name }};\n{% endfor %}\n")
    assert template.render("a.j2", names=["x", "y"]) == "server x;\nserver y;\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("one\ntwo {{ colour }}\n", "templates/a.j2:2: 'colour' is undefined"),
        ("{{ app.colour }}", "templates/a.j2:1: 'dict object' has no attribute 'colour'"),
        ("one\n{% if %}\n", "templates/a.j2:2: Expected an expression, got 'end of statement block'"),
        ("{% include 'gone.j2' %}", "templates/gone.j2: there is no such template"),
    ],
)
def test_a_mistake_is_told_with_its_place(folder: Path, source: str, message: str) -> None:
    (folder / "a.j2").write_text(source)
    with pytest.raises(TemplateError) as caught:
        template.render("a.j2", app={})
    assert str(caught.value) == message


def test_a_mistake_in_an_included_template_is_told_there(folder: Path) -> None:
    (folder / "a.j2").write_text("\n\n{% include 'b.j2' %}")
    (folder / "b.j2").write_text("{{ size }}")
    with pytest.raises(TemplateError, match=r"^templates/b.j2:1: 'size' is undefined$"):
        template.render("a.j2")


def test_further_folders_come_after_ours(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("own")
    (folder / "a.j2").write_text("ours\n")
    (other / "a.j2").write_text("theirs\n")
    (other / "b.j2").write_text("\n{{ gone }}\n")
    template.also_from(other)
    assert template.render("a.j2") == "ours\n"
    with pytest.raises(TemplateError, match=r"^templates/b\.j2:2: 'gone' is undefined$"):
        template.render("b.j2")
