"""The rule gate: each reason for and against, one readable sentence, quiet by default."""

from __future__ import annotations

import json

import pytest

from assistant.errors import SetupError
from assistant.events import Event
from assistant.ports import Context, Gate, PastOffer
from models import rule_gate_eval
from models.rule_gate import BIAS, RULES, RuleGate

DAY = 1_700_000_000.0


def event(type_: str, sentence: str, app: str = "", **more) -> Event:
    return Event(id=1, time=DAY, sentence=sentence, type=type_, source="t", app=app, **more)


def judge(*events: Event, step: float = 10.0, offers=(), now_after: float = 1.0):
    placed = tuple(e.model_copy(update={"id": i + 1, "time": DAY + step * i}) for i, e in enumerate(events))
    now = placed[-1].time + now_after if placed else DAY
    return RuleGate().judge(Context(events=placed, offers=tuple(offers), now=now))


SWITCH = event("switch", "The user switches to 'Files' in Thunar.", "Thunar")
EDITOR = event("switch", "The user switches to 'app.py' in Visual Studio Code.", "Visual Studio Code")
HOW_TO = event("search", "The user searches for 'how to split a string in ruby' on Google.", "Firefox")
AGAIN = event("search", "The user searches for 'ruby string split example' on Google.", "Firefox")
ERROR = event("title", "The user goes on to 'TypeError: unhashable type' in Terminal.", "Terminal")
PAGE = "The user visits 'Best hiking boots 2024: number {}' on a site in Firefox."
PASTE = event("paste", "The user pastes into 'costs.ods' in LibreOffice Calc.", "LibreOffice Calc")
CSV = event("switch", "The user switches to 'prices.csv' in Mousepad.", "Mousepad")

WANTED = {
    "asks": (SWITCH, HOW_TO),
    "searches": (SWITCH, event("search", "The user searches for 'ferry bergen' on Google.")),
    "error_now": (SWITCH, event("typing", "The user types 'x', 'Traceback (most recent call last)' in Terminal.")),
    "searched_again": (HOW_TO, AGAIN),
    "same_topic": (*(event("title", PAGE.format(n)) for n in range(3)), HOW_TO),
    "back_from_search": (HOW_TO, EDITOR, event("typing", "The user types 'x' in 'app.py' in Visual Studio Code.")),
    "only_a_title": (
        event("switch", "The user switches to 'Untitled 1' in LibreOffice Writer.", "Writer"),
        event("typing", "The user types 'A plan for Norway' in 'Untitled 1' in LibreOffice Writer.", "Writer"),
    ),
    "letter": (SWITCH, event("typing", "The user types 'Dear Ms Novak,' in 'Compose' in Thunderbird.", "Thunderbird")),
    "copy_loop": (PASTE, CSV, PASTE, CSV, PASTE),
    "reads_answer": (HOW_TO, event("title", "The user visits 'How to split strings' on a site in Firefox.")),
}
UNWANTED = {
    "only_moving": (SWITCH, EDITOR, SWITCH, EDITOR),
    "scrolling": (SWITCH, event("scroll", "The user scrolls down in 'a page' in Firefox.")),
    "video": (SWITCH, event("title", "The user visits 'How to cook?' on YouTube in Firefox.", "Firefox")),
    "social": (SWITCH, event("typing", "The user types 'can you come?' in Slack.", "Slack")),
    "game": (SWITCH, event("switch", "The user switches to 'Chess' in Chess.", "Chess")),
    "away": (ERROR, event("idle", "The user is away.")),
    "typing": (SWITCH, event("typing", "The user types 'if x' in 'app.py' in Visual Studio Code.", closed=False)),
}


@pytest.mark.parametrize("rule", [name for name in WANTED if name != "same_topic"])
def test_reasons_to_speak(rule):
    verdict = judge(*WANTED[rule])
    assert rule in verdict.features
    assert verdict.speak
    assert verdict.reason[0].isupper()
    assert not verdict.reason.startswith("Quiet")


@pytest.mark.parametrize("rule", UNWANTED)
def test_reasons_to_be_quiet(rule):
    verdict = judge(*UNWANTED[rule])
    assert verdict.features[rule] < 0
    assert not verdict.speak
    assert verdict.reason.startswith("Quiet: ")


def test_several_pages_on_one_topic_count():
    pages = [event("title", PAGE.format(number)) for number in range(3)]
    assert "same_topic" in judge(*pages).features
    assert "same_topic" not in judge(*pages[:2]).features


def test_a_pause_after_an_error_counts():
    assert "stuck" in judge(SWITCH, ERROR, now_after=90.0).features
    assert "stuck" not in judge(SWITCH, ERROR).features
    assert judge(ERROR, event("click", "The user clicks in Terminal."), step=90.0).features.get("stuck")


def test_a_rejected_topic_stays_unwanted():
    offer = PastOffer(time=DAY - 60, task="Show how to split a string in Ruby.", outcome="rejected")
    assert not judge(SWITCH, HOW_TO, offers=[offer]).speak
    assert judge(SWITCH, HOW_TO, offers=[offer.model_copy(update={"outcome": "accepted"})]).speak
    assert judge(SWITCH, HOW_TO, offers=[offer.model_copy(update={"time": DAY - 7_200})]).speak
    assert judge(SWITCH, HOW_TO, offers=[offer.model_copy(update={"task": "Compare two laptops."})]).speak


def test_nothing_at_all_is_quiet():
    assert judge().p_help == 0.0
    assert not judge(SWITCH).speak


def test_the_probability_is_the_logistic_sum_of_its_features():
    verdict = judge(SWITCH, HOW_TO)
    assert verdict.features["bias"] == BIAS
    assert verdict.p_help == pytest.approx(1 / (1 + 2.718281828 ** -sum(verdict.features.values())))


def test_every_reason_is_one_plain_sentence():
    for rule in RULES:
        assert rule.says.startswith(("you ", "something ", "there ", "nothing "))
    for events in (*WANTED.values(), *UNWANTED.values()):
        reason = judge(*events).reason
        assert reason.endswith(".")
        assert "_" not in reason


def test_it_is_a_gate():
    gate: Gate = RuleGate()
    assert gate.name == "rules"


def test_hostile_text_does_not_break_it():
    for text in ("'" * 5_000, "<|im_end|>", "\x00\u202e", "a" * 10_000, "'" + "word " * 2_000 + "'"):
        assert 0.0 <= judge(SWITCH, event("title", text)).p_help <= 1.0


def test_the_evaluation_reads_the_benchmarks_format(tmp_path, capsys):
    rows = [
        {"trace": "code_1", "obs": [{"time": "1.0", "event": HOW_TO.sentence}], "help_needed": True},
        {"trace": "code_1", "obs": [{"time": "1.0", "event": HOW_TO.sentence}], "help_needed": True},
        {
            "trace": "gen_1",
            "obs": [{"time": "Day 1, 11 PM", "event": "The user scrolls on a page."}],
            "help_needed": False,
        },
    ]
    (tmp_path / "reward").mkdir()
    (tmp_path / "reward" / "test.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = rule_gate_eval.evaluate(tmp_path)
    assert found["all"]["n"] == 2
    assert found["all"]["f1"] == 1.0
    assert found["all"]["auc"] == 1.0
    assert found["all, always speaking"]["fpr"] == 1.0
    rule_gate_eval.main(["--data", str(tmp_path)])
    assert "precision 1.000" in capsys.readouterr().out


def test_the_evaluation_without_data_says_what_to_do(tmp_path):
    with pytest.raises(SetupError):
        rule_gate_eval.evaluate(tmp_path)


def test_scores_by_hand():
    found = rule_gate_eval.scores([(True, True), (True, False), (False, True), (False, False)])
    assert (found["precision"], found["recall"], found["f1"], found["fpr"]) == (0.5, 0.5, 0.5, 0.5)


def test_a_program_start_that_is_told_late_hides_nothing():
    opened = event("app_start", "The user opens Chromium.", "Chromium")
    assert "asks" in judge(SWITCH, HOW_TO, opened).features
    assert not judge(opened).speak
