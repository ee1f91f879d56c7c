"""`assistant import FILE`: tells our own export from ProactiveBench's formats, and takes in either."""

from __future__ import annotations

import json
from pathlib import Path

from assistant.errors import SetupError
from assistant.proactivebench import AGENT, REWARD, Voted, read_agent, read_reward
from assistant.store import Store
from assistant.store.transfer import ImportReport


def import_file(store: Store, file: Path, annotator: str = "") -> ImportReport:
    """Take in ``file``, all of it or nothing; what is here already stays as it is.

    :param annotator: name of those who voted, where the file has none; '' = the file's own name.
    :raises SetupError: the file is missing or broken.
    """
    kind = recognise(file)
    if not kind:
        return store.import_(file)
    voted = read_voted(file, kind, annotator or file.stem)
    return store.put_votes((moment for moment, _ in voted), (vote for _, votes in voted for vote in votes))


def recognise(file: Path) -> str:
    """``reward``, ``agent``, or '' for what should be an export of ours.

    :raises SetupError: it cannot be read.
    """
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            first = next((line.strip() for line in lines if line.strip()), "")
    except OSError as error:
        raise _unreadable(file, str(error.strerror)) from error
    if first.startswith("["):
        return AGENT
    try:
        row = json.loads(first)
    except ValueError:
        return ""
    return REWARD if isinstance(row, dict) and {"obs", "annotation"} <= row.keys() else ""


def read_voted(file: Path, kind: str, name: str) -> list[Voted]:
    """The moments and votes of a file in reward or agent format."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise _unreadable(file, str(error.strerror)) from error
    except UnicodeDecodeError:
        raise _unreadable(file, "it is not UTF-8") from None
    return read_agent(text, name) if kind == AGENT else read_reward(text.split("\n"), name)


def _unreadable(file: Path, why: str) -> SetupError:
    return SetupError(f"{file} cannot be read: {why}", hint="Give an exported file.")
