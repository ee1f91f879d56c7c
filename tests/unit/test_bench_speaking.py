"""The language models in the benchmark: asked once, kept by version, judged by what serving would let pass."""

from __future__ import annotations

from models.bench.data import Candidate, Moment, Observed
from models.bench.folds import OPEN
from models.bench.loto import Judged, Seen
from models.bench.models import Spoken
from models.bench.official import VOTED, t2
from models.bench.speaking import ModelTiming, Speaker
from models.proposer import Drafts


def moment(trace: str = "a", *, wanted: bool = True, count: int = 1) -> Moment:
    observed = tuple(Observed(str(n), f"The user searches for 'ruby strings {n}'.") for n in range(count))
    voted = (Candidate("Explain ruby strings.", wanted, (wanted,) * 3, "CD", "train"),)
    return Moment(trace, observed, wanted, voted, real=True)


class Asked:
    def __init__(self, *tasks: str, p: float = 0.7) -> None:
        self.tasks, self.p, self.times = tasks, p, 0

    def __call__(self, _context, count: int) -> Drafts:
        self.times += 1
        return Drafts(self.tasks[:count], self.p)


def test_a_model_is_asked_once_and_another_version_anew(tmp_path):
    ask = Asked("Explain ruby strings.")
    for version, times in (("1", 1), ("1", 1), ("2", 2)):
        speaker = Speaker("x", ask, version, tmp_path / "kept.json")
        assert speaker.said(moment(), 1).drafts == ("Explain ruby strings.",)
        speaker.said(moment(), 1)
        assert ask.times == times


def test_a_broken_cache_is_made_anew(tmp_path):
    (tmp_path / "kept.json").write_text("{")
    assert Speaker("x", Asked("Go on."), "1", tmp_path / "kept.json").said(moment(), 1).p_offer == 0.7


def test_what_is_not_grounded_is_told_apart():
    said = Speaker("x", Asked("Book dentist appointments.", "Explain ruby strings."), "1", None).said(moment(), 2)
    assert said.grounded == ("Explain ruby strings.",)
    assert len(said.drafts) == 2


def test_the_threshold_of_a_model_alone_is_set_on_the_training_rows():
    timing = ModelTiming(Speaker("x", Asked(p=0.2), "1", None), "x", fitted=True)
    timing.fit([moment("a"), moment("b", count=2)], OPEN)
    assert timing.judge(moment().context, moment("c")) == Spoken(0.2, speak=True)
    assert timing.judge(moment().context) is None


def seen(drafts: tuple[str, ...]) -> Seen:
    one = Seen(moment())
    one.spoken = {"ours": Spoken(0.9, speak=True)}
    one.drafts = {"ours": drafts}
    words = {"Explain ruby strings.": Judged(0.9, accepted=True), "Bad ruby.": Judged(0.1, accepted=False)}
    one.rewards = (words, words)
    return one


def test_ours_offers_the_draft_that_the_other_judge_likes_best():
    assert t2([seen(("Bad ruby.", "Explain ruby strings."))], 10)["ours"]["precision"] == 1.0
    assert t2([seen(("Bad ruby.",))], 10)["ours"]["precision"] == 0.0


def test_without_a_grounded_draft_ours_is_silent_and_misses():
    table = t2([seen(())], 10)
    assert table["ours"]["spoke"] == 0.0
    assert table["ours"]["recall"] == 0.0
    assert table[VOTED]["precision"] == 1.0
