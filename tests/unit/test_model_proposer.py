"""The proposer over a fake model: reuse of the cache, deadline, cancelling, grounding, sliding."""

from __future__ import annotations

import threading

import pytest

from assistant.errors import SetupError
from assistant.events import Event
from assistant.ports import Context
from assistant.settings import ModelOptions
from models.decode import Written
from models.fake_runtime import FakeModel
from models.grounding import ground
from models.opening import opening_for
from models.proposer import GgufProposer, Training

SAYS = {
    "Proactive Task": "Explain ruby strings.",
    "Purpose": "The user reads about strings.",
    "Thoughts": "An example helps.",
    "Response": "Use split.",
    "Operation": "show_text",
}


def context(count: int = 3, sentence: str = "The user searches for 'ruby strings {}' on Google.") -> Context:
    events = tuple(
        Event(id=i + 1, time=1_700_000_000.0 + i, sentence=sentence.format(i), type="title", source="t")
        for i in range(count)
    )
    return Context(events=events, now=1_700_000_100.0)


def proposer(says=SAYS, *, mono=lambda: 0.0, **kwargs) -> tuple[GgufProposer, FakeModel]:
    model = FakeModel(says, **kwargs)
    return GgufProposer(model, ModelOptions(), name="fake", training=Training(), mono=mono), model


def test_a_proposal_says_what_it_cost():
    made, _ = proposer()
    proposal = made.propose(context())
    assert [task.task for task in proposal.tasks] == [SAYS["Proactive Task"]]
    assert proposal.model == "fake"
    assert proposal.prompt_tokens > 400
    assert proposal.evaluated_tokens >= proposal.output_tokens > 50
    assert proposal.reason == ""
    assert proposal.p_offer > 0.9


def test_one_new_event_costs_one_event():
    made, model = proposer({})
    made.warm(context(9))
    warm = model.evaluations[-1]
    made.propose(context(9))
    first = made.propose(context(10))
    assert first.evaluated_tokens < 120 < warm


def test_null_gives_an_empty_proposal_with_its_reason():
    made, _ = proposer({})
    proposal = made.propose(context())
    assert proposal.tasks == ()
    assert proposal.reason == "the model has nothing to offer"


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ("Draft an e-mail to Anna about Friday.", "the task copies an example"),
        ("Book dentist appointments tomorrow.", "the task is not about what happened"),
        ("Show how to use it.", "the task names nothing"),
    ],
)
def test_a_task_about_something_else_is_not_offered(task, reason):
    made, _ = proposer(SAYS | {"Proactive Task": task})
    proposal = made.propose(context())
    assert proposal.tasks == ()
    assert proposal.reason == reason


def test_its_own_earlier_offer_grounds_nothing():
    assert ground("Explain ruby strings.", ["The user switches to 'x' in Firefox."]).reason


def test_words_of_one_family_are_the_same_topic():
    assert not ground("Show how to capitalize a name in Ruby.", ["reads on 'Ruby capitalization of names'"]).reason


def test_a_deadline_after_the_task_offers_no_task_without_an_answer():
    model = FakeModel(SAYS)
    made = GgufProposer(model, ModelOptions(), training=Training(), mono=lambda: float(len(model.evaluations)))
    proposal = made.propose(context(), deadline_s=30.0)
    assert proposal.tasks == ()
    assert proposal.reason == "no time left"


def test_a_deadline_before_the_task_is_whole_gives_nothing():
    model = FakeModel(SAYS)
    made = GgufProposer(model, ModelOptions(), training=Training(), mono=lambda: float(len(model.evaluations)))
    proposal = made.propose(context(), deadline_s=5.0)
    assert proposal.tasks == ()
    assert proposal.reason == "no time left"


def test_cancelling_from_another_thread_ends_it():
    made, model = proposer()
    begun, go_on = threading.Event(), threading.Event()
    evaluate = model.evaluate

    def slow(tokens, stop):
        begun.set()
        go_on.wait(5)
        return evaluate(tokens, stop)

    model.evaluate = slow
    found = []
    thread = threading.Thread(target=lambda: found.append(made.propose(context())))
    thread.start()
    begun.wait(5)
    made.cancel()
    go_on.set()
    thread.join(5)
    assert found[0].reason == "cancelled"
    assert found[0].tasks == ()
    assert made.propose(context()).tasks, "an old cancel must not end the next proposal"


def test_several_candidates_differ():
    made, _ = proposer()
    assert len(made.propose(context(), k=3).tasks) == 1, "a model that says one thing gives one candidate"


def test_a_long_history_loses_its_oldest_half_and_stays_put():
    made, _ = proposer({}, n_ctx=6_000)
    lines = "The user visits 'page {} " + "x" * 100 + "' in Firefox."
    room = made._room
    sizes, costs = [], []
    for count in range(2, 60):
        sizes.append(len(made._history(context(count, lines))) - len(made._prefix))
        costs.append(made.propose(context(count, lines)).evaluated_tokens)
    assert max(sizes) <= room
    assert sum(cost > 400 for cost in costs[1:]) <= 58 * 200 / room + 1, "most events must cost one event"


def test_a_context_too_small_for_the_prompt_is_the_users_setup():
    with pytest.raises(SetupError) as error:
        proposer(n_ctx=800)
    assert "model.context_tokens" in error.value.hint


def test_closing_frees_the_model_and_refuses_politely():
    made, model = proposer()
    made.close()
    made.close()
    assert model.closed
    assert made.propose(context()).reason == "the model is closed"


@pytest.mark.parametrize(
    ("type_", "sentence", "words"),
    [
        ("search", "The user searches for 'how to split a string' on Google.", "Show how to"),
        ("search", "The user searches for 'sony xm5 vs bose' on Google.", "Compare"),
        ("search", "The user searches for 'why is the sky blue' on Google.", "Explain why"),
        ("search", "The user searches for 'port already in use' on Google.", "Show how to fix '"),
        ("search", "The user searches for 'ferry bergen' on Google.", "Find"),
        ("title", "The user goes on to 'TypeError: bad operand' in Terminal.", "Explain the error '"),
        ("title", "The user visits 'TypeError: bad operand' on Stack Overflow in Firefox.", ""),
        ("typing", "The user types 'Hi Tom' in 'Compose: lunch' in Thunderbird.", "Draft the e-mail"),
        ("scroll", "The user scrolls down in 'x' in Firefox.", ""),
    ],
)
def test_openings_by_rule(type_, sentence, words):
    event = Event(id=1, time=1.0, sentence=sentence, type=type_, source="t")
    assert opening_for(Context(events=(event,))) == words


class FakeJudge:
    """Likes what it is told to like."""

    threshold = 0.5

    def __init__(self, liked: str) -> None:
        self._liked = liked

    def p_accept(self, context: Context, task: str) -> float:
        return 0.8 if self._liked in task else 0.2


def judged(liked: str, says=SAYS, **kwargs) -> GgufProposer:
    return GgufProposer(
        FakeModel(says), ModelOptions(candidates=1), training=Training(**kwargs), judge=FakeJudge(liked)
    )


def test_what_the_judge_likes_is_written_out_whole():
    proposal = judged("ruby").propose(context())
    assert [task.model_dump()["response"] for task in proposal.tasks] == ["Use split."]
    assert proposal.p_accept == (0.8,)


def test_what_the_judge_does_not_like_is_not_offered_and_says_so():
    proposal = judged("python").propose(context())
    assert proposal.tasks == ()
    assert "0.20" in proposal.reason
    assert proposal.p_accept == (0.2,)


def test_the_judge_is_not_asked_about_what_is_not_grounded():
    proposal = judged("dentist", SAYS | {"Proactive Task": "Book dentist appointments tomorrow."}).propose(context())
    assert proposal.reason == "the task is not about what happened"


def test_below_its_own_level_a_trained_model_stays_silent():
    assert judged("ruby", min_offer=1.0).propose(context()).reason == "the model has nothing to offer"


def test_what_the_judge_likes_best_but_has_no_answer_makes_room_for_the_next():
    made = judged("ruby")
    made._drafts = lambda *_: (["Explain ruby strings.", "Explain ruby strings 2."], Written(p_offer=0.9))
    says = {"Explain ruby strings.": "", "Explain ruby strings 2.": "Use split."}
    made._writer.write = lambda *_, task, **__: Written(
        values={"task": task, "response": says[task]}, task_complete=True, given=True
    )
    proposal = made.propose(context())
    assert [task.response for task in proposal.tasks] == ["Use split."]
    says.clear()
    says |= dict.fromkeys(("Explain ruby strings.", "Explain ruby strings 2."), "")
    assert made.propose(context()).reason == "there is no answer to it"


def test_the_operation_of_a_trained_model_fits_the_verb():
    drafting = SAYS | {"Proactive Task": "Draft the ruby strings.", "Operation": "search_web"}
    assert judged("ruby", drafting).propose(context()).tasks[0].operation == "draft_text"


@pytest.mark.parametrize("make", [judged, lambda _, says: proposer(says)[0]])
def test_a_trained_model_that_begins_with_no_verb_is_silent(make):
    proposal = make("ruby", SAYS | {"Proactive Task": "Rubyerd van ruby strings"}).propose(context())
    assert proposal.tasks == ()
    if make is judged:
        assert proposal.reason == "the task does not begin with a verb"
