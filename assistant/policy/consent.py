"""The owner's consent to typed text: stored with its time and version, read closed (missing or broken = off)."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from assistant.errors import EnvironmentFault
from assistant.events import Frozen

Level = Literal["off", "safe", "most"]
"""``off``: keys are counted. ``safe``: read where the field is known. ``most``: also where it is not."""

# Raise it when the question's meaning changes: an older answer then counts as off until asked again.
CONSENT_VERSION = 1


class Consent(Frozen):
    """What the owner agreed to, when (s since epoch, 0 = never asked), and which question it answered."""

    typed: Level = "off"
    at: float = Field(default=0.0, ge=0.0)
    version: int = CONSENT_VERSION


def load_consent(file: Path) -> Consent:
    """Read the answer; anything unreadable, unknown or of another version counts as ``off``."""
    try:
        consent = Consent.model_validate_json(file.read_bytes())
    except (OSError, ValidationError, ValueError):
        return Consent()
    return consent if consent.version == CONSENT_VERSION else Consent()


def save_consent(file: Path, consent: Consent) -> None:
    """Write the answer atomically with mode 0600.

    :raises EnvironmentFault: the file cannot be written.
    """
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(consent.model_dump_json(indent=2))
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise EnvironmentFault(
            f"The consent file {file} cannot be written: {error.strerror}",
            hint="Free some space or fix the folder's permissions, then answer again.",
        ) from error
