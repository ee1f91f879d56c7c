"""The versions of the owner's models, in the data folder, and the pointer that names the one that serves.

A version is a folder that appears whole (built beside, then renamed) and never changes; the pointer is one small file
that is replaced whole. So there is no moment at which a kill, or a full disk, leaves half a model.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assistant.errors import AssistantError, EnvironmentFault, SetupError
from models import shipped
from models.base import bundled_file
from models.owner.model import OwnerGate, OwnerJudge, load_parts
from models.owner.records import SHIPPED, Manifest, Pointer, Switch, to_disk, write_whole
from models.shipped import Serving

log = logging.getLogger(__name__)

FOLDER, POINTER, MANIFEST, GATE_FILE, ADAPTER, WORK = (
    "models", "active.json", "manifest.json", "gate.npz", "adapter.gguf", "work",
)  # fmt: skip
_NAME = re.compile(r"v([1-9]\d{0,8})")
_PART = ".part"
# 10 MB each where there is an adapter.
KEPT_VERSIONS = 12
# Of switches; a year of nightly trainings.
KEPT_SWITCHES = 400
LIST = "See `assistant model list`."
AGAIN = "Train again: assistant train."


def sha256(file: Path) -> str:
    """Of the content, in hexadecimal digits; '' where there is no file."""
    if not file.exists():
        return ""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def shipped_gate_hash() -> str:
    """Of the shipped gate that differences are counted from."""
    return sha256(shipped.FOLDER / shipped.GATE)


def base_model_hash() -> str:
    """Of the bundled language model that adapters fit."""
    return sha256(bundled_file())


class Registry:
    """The versions in one data folder; reading never writes."""

    def __init__(
        self,
        data: Path,
        now: Callable[[], float],
        *,
        gate_hash: Callable[[], str] = shipped_gate_hash,
        model_hash: Callable[[], str] = base_model_hash,
    ) -> None:
        self.folder = data / FOLDER
        self._now = now
        self.gate_hash, self.model_hash = gate_hash, model_hash

    # ------------------------------------------------------------------ looking

    def names(self) -> list[str]:
        """The owner's versions, oldest first."""
        found = [one.name for one in self.folder.glob("v*") if one.is_dir() and _NAME.fullmatch(one.name)]
        return sorted(found, key=lambda name: int(name[1:]))

    def manifest(self, name: str) -> Manifest:
        """What the version says about itself.

        :raises SetupError: there is none of that name.
        :raises EnvironmentFault: it is damaged.
        """
        file = self.folder / name / MANIFEST
        if not _NAME.fullmatch(name) or not file.parent.is_dir():
            raise SetupError(f"There is no version '{name}' of your model.", hint=LIST)
        try:
            return Manifest.model_validate_json(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise EnvironmentFault(
                f"Version {name} is damaged: {file} cannot be read.", hint="Use another one: assistant model use."
            ) from error

    def load(self, name: str) -> Serving:
        """One version, checked byte for byte.

        :raises SetupError: there is none of that name, or it was made for another base.
        :raises EnvironmentFault: it is damaged.
        """
        if name == SHIPPED:
            return shipped.serving()
        about, folder = self.manifest(name), self.folder / name
        self._check(about, folder)
        root = shipped.serving()
        parts = load_parts(folder / GATE_FILE)
        gate = OwnerGate(root.gate, parts.gate, name) if parts.gate else root.gate
        judge = OwnerJudge(root.judge, parts.judge) if parts.judge and root.judge else root.judge
        if ADAPTER not in about.files:
            return Serving(name, gate, judge, root.adapter, root.min_offer)
        level = shipped.EVEN if about.min_offer is None else about.min_offer
        return Serving(name, gate, judge, folder / ADAPTER, level)

    def _check(self, about: Manifest, folder: Path) -> None:
        name = about.version
        if about.base_gate != self.gate_hash():
            raise SetupError(f"Version {name} was made for another shipped gate than this program's.", hint=AGAIN)
        if about.base_model and about.base_model != self.model_hash():
            raise SetupError(f"Version {name} was made for another base model than this program's.", hint=AGAIN)
        for file, expected in about.files.items():
            if sha256(folder / file) != expected:
                raise EnvironmentFault(
                    f"Version {name} is damaged: {file} is not what its manifest says.",
                    hint="Go back to another one: assistant model rollback.",
                )

    def pointer(self) -> Pointer:
        """What is to serve; the shipped version where nothing (readable) says otherwise."""
        return self._pointer()[0]

    def _pointer(self) -> tuple[Pointer, str]:
        file = self.folder / POINTER
        if not file.exists():
            return Pointer(), ""
        try:
            return Pointer.model_validate_json(file.read_text(encoding="utf-8")), ""
        except (OSError, ValidationError, ValueError):
            return Pointer(), f"{file} is damaged: nothing says which version is to serve."

    def active(self) -> Serving:
        """What serves: the version that the pointer names or, where that cannot, its nearest ancestor that can."""
        pointer, note = self._pointer()
        notes, name, seen = [note] if note else [], pointer.version, set[str]()
        while name != SHIPPED and name not in seen:
            seen.add(name)
            try:
                return self.load(name)._replace(note=" ".join(notes))
            except AssistantError as error:
                notes.append(error.explain())
                name = self._parent(name)
        for one in notes:
            log.warning("%s", one)
        return shipped.serving(" ".join(notes))

    def _parent(self, name: str) -> str:
        try:
            return self.manifest(name).parent
        except AssistantError:
            return SHIPPED

    # ------------------------------------------------------------------ changing

    @contextmanager
    def building(self) -> Iterator[tuple[str, Path]]:
        """The name of a new version, and the folder to build it in; it is gone afterwards unless published."""
        known = [*self.names(), *(switch.version for switch in self.pointer().switches)]
        name = f"v{1 + max((int(one[1:]) for one in known if _NAME.fullmatch(one)), default=0)}"
        part = self.folder / f".{name}{_PART}"
        self.sweep()
        part.mkdir(parents=True, mode=0o700)
        try:
            yield name, part
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what a kill left half built."""
        for one in self.folder.glob(f".v*{_PART}"):
            shutil.rmtree(one, ignore_errors=True)

    def publish(self, part: Path, about: Manifest) -> None:
        """Make a built version visible, whole."""
        files = {one.name: sha256(one) for one in part.iterdir() if one.name in {GATE_FILE, ADAPTER}}
        text = about.model_copy(update={"files": files}).model_dump_json(indent=1)
        (part / MANIFEST).write_text(text + "\n", encoding="utf-8")
        for one in part.iterdir():
            to_disk(one)
        part.rename(self.folder / about.version)
        to_disk(self.folder)

    def prune(self) -> None:
        """Remove old versions: nightly trainings would fill the disk with what was kept aside."""
        names, pointer = self.names(), self.pointer()
        kept = set(names[-KEPT_VERSIONS:])
        for name in (pointer.version, pointer.previous):
            while name not in kept and name != SHIPPED:
                kept.add(name)
                name = self._parent(name)  # noqa: PLW2901 - its ancestors stay too: it may fall back on them
        for name in set(names) - kept:
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def use(self, name: str, why: str) -> Switch:
        """Switch to a version that was checked just now; atomic.

        :raises SetupError: there is no such version, it cannot serve, or it serves already.
        :raises EnvironmentFault: it is damaged, or the disk is full; what served goes on serving.
        """
        self.load(name)
        now = self.pointer()
        if now.version == name:
            raise SetupError(f"Version {name} serves already.", hint=LIST)
        return self._switch(now, name, now.version, why)

    def rollback(self, why: str) -> Switch:
        """Go back to what served before (after a rollback: to the parent of what serves).

        :raises SetupError: the shipped version serves already.
        """
        now = self.pointer()
        if now.version == SHIPPED:
            raise SetupError("The shipped model serves: there is nothing to go back to.", hint=LIST)
        target = now.previous if now.previous == SHIPPED or self._serves(now.previous) else SHIPPED
        return self._switch(now, target, self._parent(target), f"rolled back: {why}")

    def _serves(self, name: str) -> bool:
        try:
            self.load(name)
        except AssistantError as error:
            log.warning("%s", error.explain())
            return False
        return True

    def _switch(self, now: Pointer, version: str, previous: str, why: str) -> Switch:
        switch = Switch(at=self._now(), version=version, previous=now.version, why=why)
        switches = (*now.switches, switch)[-KEPT_SWITCHES:]
        new = Pointer(version=version, previous=previous, since=switch.at, switches=switches)
        write_whole(self.folder / POINTER, new.model_dump_json(indent=1) + "\n")
        log.info("model %s → %s: %s", now.version, version, why)
        return switch

    def forget(self, *, everything: bool) -> None:
        """Remove pages and half-done work, which quote what was recorded; ``everything``: the versions too."""
        if everything:
            shutil.rmtree(self.folder, ignore_errors=True)
            return
        for name in self.names():
            for page in (self.folder / name).glob("report*"):
                page.unlink(missing_ok=True)
        self.sweep()
        shutil.rmtree(self.folder / WORK, ignore_errors=True)


def as_json(registry: Registry) -> dict[str, Any]:
    """Everything that `assistant model list --json` prints."""
    manifests = []
    for name in registry.names():
        try:
            manifests.append(registry.manifest(name).model_dump())
        except AssistantError as error:
            manifests.append({"version": name, "problem": error.explain()})
    return {"active": json.loads(registry.pointer().model_dump_json()), "versions": manifests}
