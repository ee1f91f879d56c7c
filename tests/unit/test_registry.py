"""Versions and the pointer: whatever is missing, damaged or killed half way, something serves."""

from __future__ import annotations

import errno
import json
import os

import pytest

from assistant.errors import EnvironmentFault, SetupError
from models import shipped
from models.bench.linear import Linear, column
from models.owner import records
from models.owner.features import LEVEL
from models.owner.model import Part, Parts, load_parts, save_parts
from models.registry import Manifest, Registry, as_json


@pytest.fixture
def registry(tmp_path, clock):
    return Registry(tmp_path / "data", clock.now, model_hash=lambda: "base")


def add(registry, parent="shipped", *, adapter=False, promoted=True, **more):
    with registry.building() as (name, part):
        level = Linear({column(LEVEL): (1.0, 1.0)}, 0.0)
        save_parts(part / "gate.npz", Parts(Part(level, 0.5), Part(level, 0.5)))
        if adapter:
            (part / "adapter.gguf").write_bytes(b"GGUF mine")
        (part / "report.md").write_text("quotes")
        fields = {"labels": {"accepted": 1}, "taught": 1, "held": 1, "taught_until": 0.0, "parts": {}, "files": {}}
        fields |= {"base_gate": registry.gate_hash(), "base_model": "base" if adapter else ""}
        about = Manifest(version=name, parent=parent, made_at=1.0, promoted=promoted, reason="r", **(fields | more))
        registry.publish(part, about)
    return name


def test_the_shipped_version_is_the_root(registry):
    assert registry.active().version == "shipped"
    assert registry.active().gate.name == shipped.default_gate().name
    assert registry.names() == []
    with pytest.raises(SetupError, match="nothing to go back to"):
        registry.rollback("x")


def test_use_and_rollback(registry):
    add(registry)
    add(registry, "v1")
    assert registry.use("v1", "a").previous == "shipped"
    assert registry.use("v2", "b").previous == "v1"
    assert registry.active().version == "v2"
    assert registry.active().note == ""
    assert registry.rollback("c").version == "v1"
    # A second one must not go to where it came from.
    assert registry.rollback("d").version == "shipped"
    whys = [switch.why for switch in registry.pointer().switches]
    assert whys == ["a", "b", "rolled back: c", "rolled back: d"]
    assert registry.use("v2", "e").version == "v2"
    assert registry.use("shipped", "f").version == "shipped"


def test_what_cannot_serve_is_not_switched_to(registry):
    add(registry)
    registry.use("v1", "")
    for name in ("v9", "../v1", "nonsense", "v01"):
        with pytest.raises(SetupError, match="no version"):
            registry.use(name, "")
    with pytest.raises(SetupError, match="serves already"):
        registry.use("v1", "")
    add(registry, "v1")
    (registry.folder / "v2" / "gate.npz").write_bytes(b"damaged")
    with pytest.raises(EnvironmentFault, match=r"gate\.npz is not what its manifest says"):
        registry.use("v2", "")
    assert registry.active().version == "v1"


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda folder: (folder / "gate.npz").write_bytes(b"PK\x03\x04"), "damaged"),
        (lambda folder: (folder / "gate.npz").unlink(), "damaged"),
        (lambda folder: (folder / "adapter.gguf").write_bytes(b"GGUF cut"), "adapter.gguf is not"),
        (lambda folder: (folder / "adapter.gguf").unlink(), "adapter.gguf is not"),
    ],
)
def test_a_damaged_version_falls_back_to_its_parent(registry, damage, word):
    add(registry)
    add(registry, "v1", adapter=True)
    registry.use("v1", "")
    registry.use("v2", "")
    damage(registry.folder / "v2")
    serving = registry.active()
    assert serving.version == "v1"
    assert word in serving.note
    assert "the environment" in serving.note
    assert "What to do" in serving.note


@pytest.mark.parametrize("name", ["manifest", "folder"])
def test_without_manifest_or_folder_the_shipped_version_serves(registry, name):
    add(registry)
    registry.use("v1", "")
    for file in (registry.folder / "v1").iterdir():
        if name == "folder" or file.name == "manifest.json":
            file.unlink()
    if name == "folder":
        (registry.folder / "v1").rmdir()
    assert registry.active().version == "shipped"
    assert registry.active().note


def test_another_base_falls_back_and_says_train_again(registry, tmp_path, clock):
    add(registry)
    add(registry, "v1", adapter=True)
    registry.use("v2", "")
    other = Registry(tmp_path / "data", clock.now, model_hash=lambda: "another")
    assert other.active().version == "v1"  # a gate alone does not hang on the language model
    assert "another base model" in other.active().note
    assert "your setup" in other.active().note
    newer = Registry(tmp_path / "data", clock.now, gate_hash=lambda: "newer", model_hash=lambda: "base")
    assert newer.active().version == "shipped"
    assert "assistant train" in newer.active().note


def test_a_pointer_that_cannot_be_read_means_shipped(registry):
    add(registry)
    registry.use("v1", "")
    (registry.folder / "active.json").write_text('{"version": ')
    assert registry.active().version == "shipped"
    assert "damaged" in registry.active().note
    registry.use("v1", "again")
    assert registry.active().version == "v1"


def test_parents_that_go_round_in_a_circle(registry):
    add(registry, "v2")
    add(registry, "v1")
    registry.use("v2", "")
    for name in ("v1", "v2"):
        (registry.folder / name / "gate.npz").unlink()
    assert registry.active().version == "shipped"


class Killed(BaseException):
    pass


@pytest.mark.parametrize("call", ["os.fsync", "os.replace"])
def test_killed_while_switching_the_old_one_serves(registry, monkeypatch, call):
    add(registry)
    add(registry, "v1")
    registry.use("v1", "")

    def kill(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(call, kill)
        with pytest.raises(Killed):
            registry.use("v2", "")
    assert registry.active().version == "v1"
    registry.use("v2", "")
    assert registry.active().version == "v2"


def test_a_full_disk_while_switching_is_the_environments_fault(registry, monkeypatch):
    add(registry)

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(records.os, "replace", full)
        with pytest.raises(EnvironmentFault, match="No space left"):
            registry.use("v1", "")
    assert registry.active().version == "shipped"
    assert not list(registry.folder.glob(".*new"))


def test_killed_while_building_nothing_is_seen_and_it_is_swept(registry):
    part = registry.folder / ".v1.part"
    part.mkdir(parents=True)
    (part / "gate.npz").write_bytes(b"half")
    assert registry.names() == []
    assert add(registry) == "v1"
    assert not part.exists()


def test_a_name_is_never_given_twice(registry):
    add(registry)
    registry.use("v1", "")
    registry.use("shipped", "")
    for file in (registry.folder / "v1").iterdir():
        file.unlink()
    (registry.folder / "v1").rmdir()
    assert add(registry) == "v2"


def test_old_versions_go_but_not_what_serves_or_may_have_to(registry):
    parents = ["shipped", "v1", "v2"]
    for number in range(20):
        add(registry, parents[min(number, 2)])
    registry.use("v3", "")
    registry.prune()
    assert registry.names() == ["v1", "v2", "v3", *(f"v{n}" for n in range(9, 21))]
    assert registry.active().version == "v3"


def test_forgetting_takes_the_pages_and_forgetting_all_takes_the_models(registry):
    add(registry)
    registry.use("v1", "")
    (registry.folder / "work").mkdir()
    registry.forget(everything=False)
    assert not list(registry.folder.rglob("report*"))
    assert not (registry.folder / "work").exists()
    assert registry.active().version == "v1"
    registry.forget(everything=True)
    assert registry.active().version == "shipped"
    assert registry.active().note == ""


def test_parts_survive_being_kept(tmp_path):
    part = Part(Linear({7: (1.5, -0.25)}, 0.0), 0.4)
    save_parts(tmp_path / "a.npz", Parts(judge=part))
    found = load_parts(tmp_path / "a.npz")
    assert found.gate is None
    assert found.judge == part
    for data in (b"", b"PK\x03\x04", b"nonsense"):
        (tmp_path / "a.npz").write_bytes(data)
        with pytest.raises(SetupError, match="cannot be read"):
            load_parts(tmp_path / "a.npz")


def test_everything_as_json(registry):
    add(registry)
    add(registry)
    (registry.folder / "v2" / "manifest.json").write_text("{")
    found = json.loads(json.dumps(as_json(registry)))
    assert found["versions"][0]["version"] == "v1"
    assert "damaged" in found["versions"][1]["problem"]
