"""What of a model's answer may be offered: it must say something, and about a topic (docs/lab-log.md, "eyes")."""

from __future__ import annotations

import pytest

from models.decode import Written
from models.found import as_task
from models.grounding import ground
from models.opening import operation_for
from models.worth import unfit

LINES = [
    "The user types 'def load(path): return open(path).read()' in 'report.py' in Visual Studio Code.",
    "The user searches for 'ferry timetable bergen' on Bing.",
    "The user switches to 'Solitaire' in XTerm.",
]
VALUES = {
    "task": "Find the ferry timetable of Bergen",
    "purpose": "The user plans a trip.",
    "thoughts": "The timetable is looked for.",
    "response": "Ferries leave at nine and at noon.",
    "operation": "show_text",
}


def offered(**values: str) -> str:
    """Why this answer is not offered, '' = it is."""
    written = Written(values=VALUES | values, task_complete=True)
    return as_task(written, LINES, cancelled=False)[1]


def test_an_answer_that_says_something_is_offered():
    assert offered() == ""


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("", "there is no answer to it"),
        ("The user plans a trip.", "there is no answer to it"),
        ("…", "there is no answer to it"),
        ("Find the ferry timetable of Bergen.", "there is no answer to it"),
        ("The timetable of the Bergen ferry.", "the answer only repeats the task"),
        ("The user plans a trip: the timetable is looked for.", "the answer only repeats the task"),
        ("def load(path): return open(path)", "the answer was on the screen already"),
        ("Def load(path):  return open(path).", "the answer was on the screen already"),
        ("def load(path): return open(path).read() -v", "the answer was on the screen already"),
    ],
)
def test_an_answer_that_says_nothing_is_not(response, reason):
    assert offered(response=response) == reason


def test_what_is_to_be_searched_may_be_in_the_task_already():
    assert offered(response="Search for: Bergen ferry timetable", operation="search_web") == ""


def test_a_short_answer_may_stand_in_what_was_seen():
    """'noon' is an answer, though every letter of it was on the screen."""
    assert as_task(
        Written(values=VALUES | {"response": "At noon."}, task_complete=True),
        [*LINES, "The user reads 'The ferry to Bergen leaves at noon.' in Firefox."],
        cancelled=False,
    )[0]


@pytest.mark.parametrize(
    "task",
    [
        "Draft the Bing search query",
        "Write a summary of the document in Visual Studio Code",
        "Show how to open a new XTerm window",
        "Explain the text in the application",
    ],
)
def test_a_task_that_names_only_programs_is_not_offered(task):
    assert ground(task, LINES).reason == "the task names only a program"


@pytest.mark.parametrize(
    ("task", "asks"),
    [
        ("Diesen Fahrplan der ferry timetable bergen ein", False),
        ("The ferry timetable of Bergen", False),
        ("Die timetable der ferry prüfen", True),
        ("List the ferry timetable", True),
        ("Für die timetable der ferry ein", False),
        ("Kommst du mit der ferry nach bergen?", False),
        ("Nach der bergen timetable suchen", True),
    ],
)
def test_a_statement_asks_for_nothing(task, asks):
    assert unfit(task, LINES) == ("" if asks else "the task asks for nothing")


@pytest.mark.parametrize("task", ["Test the ferry timetable how to how to", "Show ferry timetable Ferry timetable"])
def test_a_task_that_stutters_is_not_offered(task):
    assert unfit(task, LINES) == "the task says the same words at once again"


def test_a_task_may_go_step_by_step():
    assert unfit("Show the ferry timetable step by step", LINES) == ""


def test_what_is_said_twice_is_said_once():
    again = {"purpose": "Find the ferry timetable of Bergen.", "thoughts": "find the ferry timetable of Bergen"}
    task = as_task(Written(values=VALUES | again, task_complete=True), LINES, cancelled=False)[0]
    assert (task.purpose, task.thoughts, task.response) == ("", "", VALUES["response"])


@pytest.mark.parametrize("task", ["Show the ferry timetable", "Explain the load function in report.py"])
def test_a_task_that_names_what_was_quoted_is(task):
    assert ground(task, LINES).reason == ""


def test_a_program_that_somebody_asks_about_is_a_topic():
    assert ground("Show how to colour XTerm", [*LINES, "The user searches for 'xterm colour' on Bing."]).reason == ""


@pytest.mark.parametrize(
    ("task", "operation"),
    [
        ("Draft the letter to Mr. Novak", "draft_text"),
        ("Rewrite the introduction", "draft_text"),
        ("Explain the error 'no such file'", "show_text"),
        ("Compare the Sony XM5 and the Bose QC Ultra", "show_text"),
        ("Search for flights to Oslo", "search_web"),
        ("Find the ferry timetable", ""),
        ("Write a loop over the rows", ""),
        ("Einen Brief an Anna entwerfen", ""),
    ],
)
def test_a_verb_that_says_what_to_do_settles_the_operation(task, operation):
    assert operation_for(task) == operation
