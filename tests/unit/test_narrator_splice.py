from __future__ import annotations

import pytest

from assistant.narrator.splice import Splice


def spliced(*keys: str | tuple[str, ...]) -> Splice:
    """Strings are typed; tuples are pressed: the key, then its modifiers."""
    splice = Splice()
    for key in keys:
        if isinstance(key, str):
            splice.insert(key)
        else:
            assert splice.press(key[0], key[1:])
    return splice


BACK, DEL, LEFT, RIGHT, ENTER = ("BackSpace",), ("Delete",), ("Left",), ("Right",), ("Enter",)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("teh", BACK, BACK, "he"), "the"),
        (("ac", LEFT, "b", RIGHT, "d"), "abcd"),
        (("axb", LEFT, BACK), "ab"),
        (("axb", LEFT, LEFT, DEL), "ab"),
        (("a", ENTER, "b", ("Tab",), "c"), "a\nb\tc"),
        (("one two three", ("BackSpace", "Ctrl")), "one two "),
        (("one two ", ("BackSpace", "Ctrl"), "2"), "one 2"),
        (("one two", ("Left", "Ctrl"), "x"), "one xtwo"),
        (("one two", LEFT, LEFT, LEFT, LEFT, ("Delete", "Ctrl"), "!"), "one!"),
        (("one two four", ("Left", "Ctrl"), ("Left", "Ctrl"), ("Right", "Ctrl"), "_"), "one two_ four"),
        (("wrong", ("a", "Ctrl"), "right"), "right"),
        (("wrong", ("a", "Ctrl"), BACK, "right"), "right"),
        (("wrong", ("a", "Ctrl"), ENTER), "\n"),
        (("abXX", ("Left", "Shift"), ("Left", "Shift"), "c"), "abc"),
        (("abXXc", LEFT, ("Left", "Shift"), ("Left", "Shift"), DEL), "abc"),
        (("abc", LEFT, LEFT, ("Right", "Shift"), RIGHT, "!"), "ab!c"),
        (("abc", LEFT, ("Left", "Shift"), LEFT, "!"), "a!bc"),
        (("one", ENTER, "wo", ("Home",), "t"), "one\ntwo"),
        (("a", ENTER, "b", ENTER, LEFT, LEFT, "x", ("End",), "y"), "a\nxby\n"),
        (("привет", BACK, "т!"), "привет!"),
        (("你好吗", BACK), "你好"),
        (("ok 👍🏽", BACK, "!"), "ok !"),
        (("👩‍👩‍👧", BACK), ""),
        (("🇩🇪🇫🇷", BACK), "🇩🇪"),
        (("e\u0301t\u00e9", BACK, BACK), "e\u0301"),
        (("a\x00b\x1bc\r\nd", ""), "abc\nd"),
    ],
)
def test_what_is_left_in_the_field(keys, text):
    assert spliced(*keys).text == text


def test_deletions_before_and_after_the_burst_are_counted():
    splice = spliced("a", BACK, BACK, BACK, DEL)
    assert (splice.text, splice.erased, splice.erased_behind, splice.inexact) == ("", 2, 1, False)
    assert spliced("a", ("BackSpace", "Ctrl")).inexact


def test_select_all_forgets_what_was_before():
    splice = spliced(BACK, "x", ("a", "Ctrl"), "y", BACK, BACK)
    assert (splice.text, splice.replaces, splice.erased) == ("", True, 0)


@pytest.mark.parametrize(
    "key",
    [
        ("Up",), ("Down",), ("PageUp",), ("Home", "Ctrl"), ("Left", "Alt"), ("Tab", "Shift"), ("x", "Ctrl"),
        ("Delete", "Shift"), ("Right",), ("End",), ("Home",), ("Left", "Ctrl"), ("Escape",),
    ],
)  # fmt: skip
def test_keys_that_leave_the_known_text_are_not_followed(key):
    assert not spliced("word").press(key[0], key[1:])


def test_home_is_not_followed_where_editors_differ():
    assert not spliced("a", ENTER, "  indented").press("Home")
    assert not spliced("a", ENTER, "x" * 100).press("Home")
