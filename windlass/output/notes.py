"""What resources have to say to the summary, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from windlass.agent.messages.answers import Notes
    from windlass.agent.messages.documents import Traffic


def in_lines(note: Notes) -> list[str]:
    """A note of a resource in words; the first line says what it is about."""
    if "release" in note:
        return _release(note)
    words: dict[str, Any] = {name: value for name, value in note.items() if name != "warning"}
    if "expires" in words:
        words["expires"] = f"certificate until {words['expires']} from {words.pop('issuer', 'an unknown CA')}"
    return "  ".join(str(word) for word in words.values()).splitlines()


def _release(note: Notes) -> list[str]:
    changes = " with changes" if note.get("dirty") else ""
    commit = f" (commit {note['commit'][:8]}{changes})" if "commit" in note else ""
    head = f"{note.get('app', '')}  release {note['release']}{commit}"
    if "steps" not in note:
        return [f"{head} is current already, and healthy"]
    steps = (f"{step} {took if isinstance(took, str) else f'{took:.1f} s'}" for step, took in note["steps"].items())
    page = [f"healthy, for {note['page']}"] if note.get("page") else []
    return [head, f"  {', '.join(steps)}", *(f"  {line}" for line in (*page, *_traffic(note.get("traffic", {}))))]


def _traffic(met: Traffic) -> list[str]:
    """What visitors met while a release took over; none come when there was none before."""
    cut = met.get("cut", 0)
    words = f"{cut} request{'' if cut == 1 else 's'} of visitors cut after `drain_timeout`: the old release had to end"
    lines = [words] if cut else []
    if "not_measured" in met:
        return [f"the switch was not measured: {met['not_measured']}", *lines]
    if "requests" not in met:
        return lines
    p95 = f", p95 {seconds * 1000:.0f} ms" if (seconds := met.get("p95")) is not None else ""
    gap = f", longest gap {met.get('longest_gap', 0) * 1000:.0f} ms"
    return [f"during the switch: {met['requests']} requests, {met.get('failed', 0)} failed{p95}{gap}", *lines]
