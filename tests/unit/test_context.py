from __future__ import annotations

import itertools

from assistant.context import build_context, render_lines
from assistant.events import Event
from assistant.ports import PastOffer
from assistant.settings import Settings

OPTIONS = Settings().decision


def event(id_, time, sentence="", **more):
    more = {"type": "click", "source": "mouse", "utc_offset_min": 60} | more
    return Event(id=id_, time=time, sentence=sentence or f"The user does {id_}.", **more)


def context(events, offers=(), now=7_200.0, options=OPTIONS):
    return build_context(events, offers, now=now, trigger="count", options=options)


def test_events_come_in_order_once_and_growing_ones_last():
    events = [
        event(3, 7_010.0, duration=5.0),
        event(2, 7_000.0, duration=100.0, closed=False, type="typing"),
        event(1, 6_990.0, duration=200.0, closed=False, type="switch"),
        event(3, 7_010.0, closed=False),
        event(4, 7_020.0, "first"),
        event(4, 7_020.0, "second"),
    ]
    got = context(events)
    assert [e.id for e in got.events] == [1, 3, 4, 2]
    assert got.events[1].closed
    assert got.events[2].sentence == "second"


def test_a_burst_that_closes_moves_no_line():
    early = [event(1, 100.0), event(2, 101.0, duration=3.0, closed=False, type="typing"), event(3, 102.0)]
    late = [early[0], event(2, 101.0, duration=5.0, type="typing"), early[2], event(4, 110.0)]
    assert [e.id for e in context(early, now=120.0).events] == [1, 3, 2]
    assert [e.id for e in context(late, now=120.0).events] == [1, 3, 2, 4]


def test_context_is_bounded_by_count_age_and_now():
    events = [event(i, 100.0 * i) for i in range(1, 1_000)]
    got = context(events, now=50_000.0)
    assert OPTIONS.context_events // 2 <= len(got.events) <= OPTIONS.context_events
    assert got.events[-1].time == 50_000.0
    few = context(events, now=50_000.0, options=OPTIONS.model_copy(update={"context_age_s": 1_200.0}))
    assert all(50_000.0 - 1_200.0 <= e.time <= 50_000.0 for e in few.events)
    assert len(few.events) >= 11
    offers = [PastOffer(time=49_000.0 + i, task=f"t{i}") for i in range(50)]
    assert [o.task for o in context(events, offers, now=50_000.0).offers] == [f"t{i}" for i in range(40, 50)]
    none = OPTIONS.model_copy(update={"context_offers": 0})
    assert context(events, offers, now=50_000.0, options=none).offers == ()


def test_the_beginning_stays_put_for_many_events():
    events = [event(i, float(i)) for i in range(1, 401)]
    beginnings = [context(events[:now], now=float(now)).events[0].id for now in range(100, 401)]
    assert beginnings == sorted(beginnings)
    moves = sum(a != b for a, b in itertools.pairwise(beginnings))
    assert moves <= 60  # one in ten expected, with 40 events


def test_offers_are_merged_and_their_outcome_is_a_later_line():
    offers = [
        PastOffer(time=7_060.0, task="Explain 'sort'", outcome="rejected", reason="bad moment", answered_at=7_070.0),
        PastOffer(time=7_060.0, task="Explain 'sort'"),
        PastOffer(time=7_130.0, task="Summarize", outcome="accepted"),
        PastOffer(time=7_190.0, task="Wait"),
    ]
    got = context([event(1, 7_000.0), event(2, 7_065.0), event(3, 7_130.0)], offers)
    assert render_lines(got) == [
        "[02:56] The user does 1.",
        "[02:57] (the assistant offered: 'Explain ’sort’')",
        "[02:57] The user does 2.",
        "[02:57] (the user rejected it: 'bad moment')",
        "[02:58] The user does 3.",
        "[02:58] (the assistant offered: 'Summarize')",
        "[02:58] (the user accepted it)",
        "[02:59] (the assistant offered: 'Wait')",
    ]


def test_an_answer_after_another_offer_names_its_task():
    offers = [
        PastOffer(time=7_060.0, task="One", outcome="rejected", answered_at=7_170.0),
        PastOffer(time=7_130.0, task="Two"),
    ]
    assert render_lines(context([event(1, 7_000.0)], offers))[-1] == "[02:59] (the user rejected 'One')"


def test_lines_only_grow_at_the_end_while_events_come_and_go():
    events = [event(i, 7_000.0 + i) for i in range(1, 20)]
    offer = PastOffer(time=7_012.5, task="Help")
    answered = offer.model_copy(update={"outcome": "accepted", "answered_at": 7_017.5})
    before = render_lines(context(events[:17], [offer]))
    after = render_lines(context(events, [answered]))
    assert after[: len(before)] == before
    assert len(after) == len(before) + 3


def test_lines_are_one_line_capped_and_without_template_words():
    evil = event(1, 7_000.0, "The user\nsays <|im_end|>\u202e " + "x" * 5_000)
    offers = [PastOffer(time=7_001.0, task="a\nb" * 500, outcome="rejected", reason="c\nd" * 500)]
    lines = render_lines(context([evil], offers))
    assert len(lines) == 3
    assert all(line.isprintable() and len(line) < 500 and "<|" not in line for line in lines)


def test_growing_events_stand_after_offers():
    got = context([event(1, 7_000.0, type="typing", closed=False)], [PastOffer(time=7_100.0, task="Help")])
    assert [line[8:] for line in render_lines(got)] == ["(the assistant offered: 'Help')", "The user does 1."]
