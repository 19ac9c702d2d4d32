"""Audits of our code and of what it depends on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.audit.tools import ROOT, python_tool, said

if TYPE_CHECKING:
    from tests.audit.figures import Figures

pytestmark = pytest.mark.audit

CODE = ["windlass", "roles", "deploy.py", "sample_app/shortener"]
# To start programs is what Windlass is for; ruff, which has the same rules, is told so in pyproject.toml.
PROGRAMS = "B404,B603,B607"


def test_bandit_finds_nothing_that_is_not_answered(figures: Figures) -> None:
    output = said(python_tool("bandit"), "-q", "-r", "-f", "json", "--skip", PROGRAMS, *CODE, status={0, 1})
    document = json.loads(output)
    assert document["metrics"]["_totals"]["loc"] > 5000
    open_findings = [found for found in document["results"] if not answered(found)]
    for found in open_findings:
        print(found["filename"], found["line_number"], found["test_id"], found["issue_text"])
    figures.meet("code, findings", len(open_findings))


def answered(found: dict[str, Any]) -> bool:
    """Whether a finding's line says why it is none: `# noqa: S102` answers ruff's S102 and bandit's B102, the same."""
    first, last = found["line_range"][0], found["line_range"][-1]
    lines = (ROOT / found["filename"]).read_text().splitlines()[first - 1 : last]
    return any(f"noqa: S{found['test_id'][1:]}" in line for line in lines)


@pytest.mark.parametrize("file", ["requirements.lock", "sample_app/requirements.txt"])
def test_no_dependency_has_a_known_vulnerability(figures: Figures, file: str) -> None:
    name = "dependencies, known vulnerabilities"
    output = said(
        python_tool("pip-audit"), "-r", file, "--disable-pip", "--progress-spinner=off", "-f", "json", status={0, 1}
    )
    dependencies = json.loads(output)["dependencies"]
    assert len(dependencies) > 10
    if all("skip_reason" in dependency for dependency in dependencies):
        figures.note(name, "no database of vulnerabilities could be reached")
        pytest.skip("no database of vulnerabilities can be reached from here")
    found = [dependency for dependency in dependencies if dependency.get("vulns")]
    figures.meet(name, len(found))
