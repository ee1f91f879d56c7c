from __future__ import annotations

import stat
from pathlib import Path

import pytest

from assistant.errors import EnvironmentFault
from assistant.policy.consent import CONSENT_VERSION, Consent, load_consent, save_consent


def test_never_asked_means_off(tmp_path: Path) -> None:
    assert load_consent(tmp_path / "none.json") == Consent(typed="off", at=0.0)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b'{"typed": "everything"}', b'{"typed": "most", "at": 1, "extra": 1}', b"[]"],
)
def test_what_cannot_be_read_means_off(tmp_path: Path, content: bytes) -> None:
    (file := tmp_path / "consent.json").write_bytes(content)
    assert load_consent(file).typed == "off"


def test_answer_to_another_question_means_off(tmp_path: Path) -> None:
    save_consent(file := tmp_path / "consent.json", Consent(typed="most", at=5.0, version=CONSENT_VERSION + 1))
    assert load_consent(file).typed == "off"


def test_saved_is_loaded_and_is_the_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "consent.json"
    consent = Consent(typed="safe", at=1_700_000_000.0)
    save_consent(file, consent)
    save_consent(file, consent)
    assert load_consent(file) == consent
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [p.name for p in file.parent.iterdir()] == ["consent.json"]


def test_a_file_in_the_way_is_an_environment_fault(tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("")
    with pytest.raises(EnvironmentFault):
        save_consent(tmp_path / "blocked" / "consent.json", Consent())
