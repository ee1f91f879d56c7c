"""What is kept about versions: the manifest of each, and the pointer to the one that serves; and writing them whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field

from assistant.errors import EnvironmentFault
from assistant.events import Frozen
from models import shipped

SHIPPED = shipped.VERSION


class Manifest(Frozen):
    """What one version says about itself. ``files``: SHA-256 by name; ``base_…``: SHA-256 of what it was made for."""

    version: str
    parent: str
    made_at: float
    base_gate: str
    base_model: str = Field(default="", description="only where there is an adapter: it fits one base model")
    files: dict[str, str]
    labels: dict[str, int] = Field(description="how many of each outcome there were")
    taught: int
    held: int
    taught_until: float = Field(description="time of the newest label that it learned from")
    parts: dict[str, str] = Field(description="gate, judge, adapter: 'new', or whose it is")
    metrics: dict[str, Any] = Field(default_factory=dict)
    min_offer: float | None = None
    promoted: bool
    reason: str


class Switch(Frozen):
    """One change of what serves."""

    at: float
    version: str
    previous: str
    why: str


class Pointer(Frozen):
    """What serves, since when, and what served before (rollback goes there)."""

    version: str = SHIPPED
    previous: str = SHIPPED
    since: float = 0.0
    switches: tuple[Switch, ...] = ()


def write_whole(file: Path, text: str) -> None:
    """Replace ``file``: after a crash it is the old one or the new one.

    :raises EnvironmentFault: it cannot be written; the old one stays.
    """
    scratch = file.with_name(f".{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with scratch.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        scratch.chmod(0o600)
        os.replace(scratch, file)  # noqa: PTH105 - atomic
        to_disk(file.parent)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise EnvironmentFault(
            f"{file} cannot be written: {error.strerror}", hint="Free some disk space, then try again."
        ) from error


def to_disk(path: Path) -> None:
    """Have the operating system write it out now; Windows cannot for folders."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
