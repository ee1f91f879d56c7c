"""Preference training by trl on the real base: what was accepted becomes likelier than what was refused."""

from __future__ import annotations

import pytest

from assistant.events import Event
from assistant.ports import Context

# Warnings of torch, transformers, trl and datasets about each other are not ours to mend.
pytestmark = [pytest.mark.slow, pytest.mark.model, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]
pytest.importorskip("trl")

from models.base import bundled_file  # noqa: E402 - after the skip
from models.train import sft  # noqa: E402
from models.train.kto import Answer, KtoOptions, balance, row, train_kto  # noqa: E402

TOPICS = ("ferry timetable", "segmentation fault", "sourdough starter", "left join")


def context(topic: str) -> Context:
    event = Event(id=1, time=0.0, sentence=f"The user searches for '{topic}' on Google.", type="search", source="test")
    return Context(events=(event,), now=0.0)


def answers() -> list[Answer]:
    good = [Answer(context(topic), f"Explain the {topic}.", good=True) for topic in TOPICS]
    return good + [Answer(context(topic), "Tidy up the desktop.", good=False) for topic in TOPICS]


def log_p(model, tokenizer, answer: Answer) -> float:
    import torch

    text = row(answer)
    prompt = tokenizer(text["prompt"], return_tensors="pt").input_ids
    whole = tokenizer(text["prompt"] + text["completion"], return_tensors="pt").input_ids
    with torch.no_grad():
        scores = torch.log_softmax(model(whole).logits[0, :-1].float(), -1)
    chosen = scores.gather(1, whole[0, 1:, None])[:, 0]
    return float(chosen[prompt.shape[1] - 1 :].sum())


def test_accepted_gains_on_refused_and_a_stop_is_gone_on_from(tmp_path):
    from transformers import AutoTokenizer

    base = bundled_file()
    model = sft.with_adapter(sft.load_base(base, attention="sdpa"), sft.SftOptions())
    tokenizer = AutoTokenizer.from_pretrained(str(base.parent), gguf_file=base.name)
    rows = answers()
    before = [log_p(model, tokenizer, answer) for answer in rows]
    options = KtoOptions(rate=5e-4, epochs=2, batch=4)
    asked = iter([False, True])
    assert not train_kto(model, base, rows, tmp_path / "kto", options, stop=lambda: next(asked, True))
    said: list[str] = []
    model = sft.with_adapter(sft.load_base(base, attention="sdpa"), sft.SftOptions())
    assert train_kto(model, base, rows, tmp_path / "kto", options, say=said.append)
    assert [line.split()[2] for line in said] == ["3/4", "4/4"]
    gains = [log_p(model, tokenizer, answer) - was for answer, was in zip(rows, before, strict=True)]
    assert sum(gains[:4]) > sum(gains[4:])


def test_both_kinds_count_alike():
    rows = answers()
    assert balance(rows) == (1.0, 1.0)
    assert balance(rows[:6]) == (1.0, 2.0)
    assert balance(rows[2:]) == (2.0, 1.0)
