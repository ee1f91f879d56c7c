"""The shipped adapter was trained on the very prompt that serving sends, and the files are those of the manifest."""

from __future__ import annotations

import hashlib

import pytest

from assistant.prompt import build_prompt
from models import shipped

# A repository is no place for more.
LARGEST = 15_000_000


def test_the_prompt_is_the_one_that_was_trained_on():
    sent = build_prompt([], tuned=True).text
    assert hashlib.sha256(sent.encode()).hexdigest() == shipped.manifest()["prompt_sha256"], (
        "The prompt changed: train again (`assistant train base`) and commit the new artefact."
    )


@pytest.mark.parametrize("name", [shipped.ADAPTER, shipped.GATE, shipped.AGREEMENT])
def test_each_file_is_the_one_that_the_manifest_names(name):
    data = (shipped.FOLDER / name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == shipped.manifest()["sha256"][name]
    assert len(data) < LARGEST


def test_the_trained_gate_is_the_default():
    digest = hashlib.sha256((shipped.FOLDER / shipped.GATE).read_bytes()).hexdigest()
    assert shipped.default_gate().name == f"fitted {digest[:8]}"


def test_another_adapter_has_no_level_of_ours(tmp_path):
    adapter = shipped.shipped_adapter()
    assert adapter is not None
    assert 0.0 < shipped.min_offer(adapter) < 0.5
    assert shipped.min_offer(tmp_path / "mine.gguf") == shipped.EVEN
