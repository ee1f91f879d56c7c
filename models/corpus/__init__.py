"""Our own corpus: believable stretches of work, each moment marked silent or with tasks (DATA_CARD.md).

The contexts are made by :func:`assistant.context.build_context`, so training sees what serving sees.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from importlib import resources
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field, ValidationError

from assistant.context import build_context
from assistant.errors import InternalError
from assistant.events import Event, Frozen, Task
from assistant.ports import Context
from assistant.settings import DecisionOptions
from models.signals import quoted

EventType = Literal[
    "switch", "typing", "title", "search", "app_start", "app_exit", "hotkey", "paste", "click", "scroll",
    "idle", "back", "lock", "unlock", "keys", "private",
]  # fmt: skip
"""``assistant.events.Event.type``."""

Category = Literal[
    "coding", "sysadmin", "data", "research", "writing", "email", "spreadsheet", "design", "study", "travel",
    "shopping", "jobs", "health", "tax", "gaming", "watching", "social", "daily", "music", "home",
]  # fmt: skip

# Monday 2024-01-01 00:00 UTC: the day itself never shows, the prompt has hours and minutes only.
_MIDNIGHT = 1_704_067_200.0
# Scenes start between 07:00 and 22:00, when people sit at computers.
_FIRST_START_S, _STARTS_S = 7 * 3_600, 15 * 3_600


# Below that nothing has happened yet; above it the oldest events would leave the context of 40.
_LEAST, _MOST = 15, 36


class CorpusEvent(Frozen):
    """One moment and what is right there: ``tasks`` empty = silence. ``t`` in seconds from the scene's start."""

    t: float = Field(ge=0)
    type: EventType
    app: str = Field(default="", max_length=48)
    event: str = Field(min_length=1, max_length=480, description="the narrator's sentence")
    tasks: tuple[Task, ...] = Field(default=(), max_length=3)


class Scene(Frozen):
    """A stretch of one person's work, in order. ``language`` is the user's (BCP-47)."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str = Field(min_length=1, max_length=120)
    category: Category
    language: str = Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")
    noise: bool = False
    persona: str = Field(min_length=1, max_length=300)
    events: Annotated[tuple[CorpusEvent, ...], Field(min_length=_LEAST, max_length=_MOST)]

    @property
    def points(self) -> int:
        """How many decision points: every event is one."""
        return len(self.events)

    @property
    def silent(self) -> int:
        """At how many of them silence is right."""
        return sum(not event.tasks for event in self.events)


class _File(Protocol):
    """What a path and a packaged resource have in common."""

    @property
    def name(self) -> str: ...
    def read_text(self, encoding: str) -> str: ...


def parse_scene(name: str, text: str) -> Scene:
    """Read one scene.

    :raises InternalError: naming the file, and the event and field that are wrong.
    """
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise InternalError(f"{name}: no JSON: {error}") from error
    try:
        return Scene.model_validate(raw)
    except ValidationError as error:
        raise InternalError("; ".join(_said(name, raw, dict(found)) for found in error.errors()[:5])) from error


def _said(name: str, raw: Any, found: dict[str, Any]) -> str:
    """``shop.json: event 3 (The user types…), tasks.0.Response: too long``."""
    where = [str(part) for part in found["loc"]]
    if where[:1] == ["events"] and len(where) > 1:
        event = raw["events"][int(where[1])]
        text = str(event.get("event", "")) if isinstance(event, dict) else ""
        where = [f"event {where[1]} ({text[:60]})", ".".join(where[2:])]
    return f"{name}: {', '.join(part for part in where if part)}: {found['msg']}"


def read_scenes(files: Iterable[_File]) -> list[Scene]:
    """Read scenes from files, in the order of their names.

    :raises InternalError: see :func:`parse_scene`.
    """
    return [parse_scene(file.name, file.read_text(encoding="utf-8")) for file in sorted(files, key=lambda f: f.name)]


def load_corpus() -> list[Scene]:
    """All scenes of the package, in the order of their file names.

    :raises InternalError: a scene is broken.
    """
    folder = resources.files(__name__) / "scenes"
    return read_scenes(file for file in folder.iterdir() if file.name.endswith(".json"))


def contexts(scene: Scene, options: DecisionOptions | None = None) -> list[Context]:
    """For each event of the scene the context in which it is the last one, through serving's own path.

    A scene has no time of day: one between 07:00 and 22:00 is taken from its name, always the same.
    Durations are 0, as the prompt has none.
    """
    chosen = options or DecisionOptions()
    start = _MIDNIGHT + _FIRST_START_S + zlib.crc32(scene.id.encode()) % _STARTS_S
    events = [_as_event(number, start, row) for number, row in enumerate(scene.events, 1)]
    return [
        build_context(events[:count], (), now=events[count - 1].time, trigger="count", options=chosen)
        for count in range(1, len(events) + 1)
    ]


def _as_event(number: int, start: float, row: CorpusEvent) -> Event:
    said = quoted(row.event)
    typed = row.type == "typing"
    return Event(
        id=number,
        time=start + row.t,
        sentence=row.event,
        type=row.type,
        source="corpus",
        app=row.app,
        title=said[-1] if len(said) > typed else "",  # what was typed is quoted first
        data={"query": said[0]} if row.type == "search" and said else {},
    )
