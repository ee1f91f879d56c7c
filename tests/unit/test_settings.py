from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SetupError
from assistant.settings import Settings, load_settings


def test_defaults_then_file_then_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"delivery": {"per_day": 3, "cooldown_s": 5}}')
    monkeypatch.setenv("ASSISTANT_DELIVERY__COOLDOWN_S", "7")
    settings = load_settings(file)
    assert (settings.delivery.per_day, settings.delivery.cooldown_s) == (3, 7.0)
    assert settings.delivery.popup_s == 12.0


def test_a_missing_file_is_all_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.json") == Settings()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"delivery": {"per_day": "many"}}', "delivery.per_day"),
        ('{"delivery": {"per_dya": 3}}', "delivery.per_dya"),
        ('{"nonsense": 1}', "nonsense"),
        ("{broken", "settings.json"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, names: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(text)
    with pytest.raises(SetupError, match=names):
        load_settings(file)


def test_every_option_says_what_it_does() -> None:
    for group in Settings.model_fields.values():
        for name, field in group.annotation.model_fields.items():  # type: ignore[union-attr]
            assert field.description, name
