"""Takes secrets out of text, and says how much of a growing text may be the beginning of one. Pure, pre-compiled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from assistant.policy import secret_patterns as known


class Redacted(NamedTuple):
    """Text without its secrets, and the names of the rules that took something out (sorted, each once)."""

    text: str
    rules: tuple[str, ...]


class _Span(NamedTuple):
    start: int
    end: int
    rule: str


# Card numbers have 13 to 19 digits (ISO/IEC 7812), usually written in groups of three or more.
_DIGIT_RUN = re.compile(r"[0-9](?:[ \u00a0-]?[0-9]){12,}")
_GROUP = re.compile(r"[0-9]+")
_SHORTEST_CARD, _LONGEST_CARD, _SHORTEST_GROUP = 13, 19, 3
# A telephone number in international form has 15 digits at most (E.164) and a plus sign before it.
_LONGEST_PHONE = 15
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11,16}|35\d{14,17}|5\d{12,18}|6\d{12,18}"
    r"|2(?:20[0-4]|2[2-9]\d|[3-6]\d\d|7[01]\d|720)\d{12,15}|9792\d{12}|8[12]\d{14}"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])")


def redact(text: str) -> Redacted:
    """Replace every secret by ``[redacted: RULE]``. Applying it again changes nothing."""
    spans = sorted(_spans(text))
    if not spans:
        return Redacted(text, ())
    pieces, done, rules = [], 0, set()
    for span in _merged(spans):
        pieces += [text[done : span.start], f"[redacted: {span.rule}]"]
        done = span.end
        rules.add(span.rule)
    return Redacted("".join([*pieces, text[done:]]), tuple(sorted(rules)))


def _spans(text: str) -> Iterator[_Span]:
    for rule in _candidates(text):
        for match in rule.pattern.finditer(text):
            group = "s" if "s" in rule.pattern.groupindex else 0
            yield _Span(*match.span(group), rule.name)
    yield from _cards(text)
    for match in _IBAN.finditer(text):
        if _iban_valid(match[0]):
            yield _Span(*match.span(), "iban")


def _candidates(text: str) -> Iterator[known.Rule]:
    for rule in known.CASED:
        if any(needle in text for needle in rule.needles):
            yield rule
    folded = text.lower()
    for rule in known.FOLDED:
        if any(needle in folded for needle in rule.needles):
            yield rule


def _merged(spans: list[_Span]) -> Iterator[_Span]:
    """Join overlapping spans under the name of the first."""
    current = spans[0]
    for span in spans[1:]:
        if span.start >= current.end:
            yield current
            current = span
        elif span.end > current.end:
            current = current._replace(end=span.end)
    yield current


def _cards(text: str) -> Iterator[_Span]:
    for run in _DIGIT_RUN.finditer(text):
        plus = run.start() > 0 and text[run.start() - 1] == "+"
        groups = [(run.start() + g.start(), g[0]) for g in _GROUP.finditer(run[0])]
        if not (plus and sum(len(digits) for _, digits in groups) <= _LONGEST_PHONE):
            yield from _cards_in(groups)


def _cards_in(groups: list[tuple[int, str]]) -> Iterator[_Span]:
    """Windows of whole groups that make a valid card number; from each beginning the longest."""
    for first, (start, _) in enumerate(groups):
        digits, best = "", 0
        for position, group in groups[first:]:
            digits += group
            if len(digits) > _LONGEST_CARD:
                break
            if _ISSUERS.fullmatch(digits) and _luhn(digits):
                best = position + len(group)
            if len(group) < _SHORTEST_GROUP:
                break
        if best:
            yield _Span(start, best, "card number")


def _luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1."""
    doubled = (sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def _iban_valid(text: str) -> bool:
    """The check digits of ISO 13616: modulo 97 is one."""
    plain = text.replace(" ", "")
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


# --------------------------------------------------------------------------- growing text

# What is looked at for keywords before the end: longer values were cut by redact as well (300 and 400 characters).
_LOOK_BACK = 700
_PEM = re.compile(r"-{4,5}BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE|\Z)")
_ASCII_RUN = re.compile(r"[!-~]+\Z")
# Letters that make an ordinary word: small ones, with at most the first one large, or only large ones.
_PLAIN = re.compile(r"(?:[^A-Za-z0-9]|(?<![A-Za-z])(?:[A-Z]?[a-z]*|[A-Z]+)(?![A-Za-z]))*")
_IBAN_BEGUN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{1,4}){0,8} ?\Z")
_CODE_BEFORE_WORD = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){3,7}[ \t]+(?:[a-z]{1,5}(?:[ \t]+[^\n]{0,50})?)?\Z")
_VALUE = rf"(?:(?:[a-z]{{1,4}}[ -]){{0,3}}\S*|[\"'`][^\"'`\n]{{0,300}})"
_KEYWORDS = known.any_of((*known.STRONG, *known.KEYED, "authorization", "bearer", "cookie", "sshpass -p"))
_AFTER_KEYWORD = re.compile(
    rf"(?i)(?:{_KEYWORDS})\w{{0,20}}{known.AFTER}{known.FOR}(?:{known.SEP}|[ \t]+)?"
    rf"(?:(?:basic|bearer|token)[ \t]+)?(?P<v>{_VALUE})\Z"
)
_AFTER_WEAK = re.compile(
    rf"(?i)(?<![^\W_])(?:{known.any_of(known.WEAK)}){known.AFTER}{known.SEP}(?P<v>\S*)\Z"
    r"|(?:^|\s)(?:-u|--user|--proxy-user|-p)[ =]?(?P<w>\S*)\Z|identified\s+by\s+(?P<x>'[^'\n]*)\Z"
    r"|password[ \t]+(?P<y>\S*)\Z"
)
_AFTER_PHRASE = re.compile(rf"(?i)(?:{known.any_of(known.PHRASE)})(?:e?s)?{known.AFTER}{known.SEP}(?P<v>[^\n]{{0,400}})\Z")


def hold_back(text: str) -> int:
    """How many trailing characters may be the beginning of a secret and must not be stored yet.

    Ordinary words hold back nothing; digits, mixed letters, known beginnings, what follows a word for
    "password", and an open private key do, until what comes next shows what they are.
    """
    if not text:
        return 0
    floor = max(0, len(text) - _LOOK_BACK)
    starts = [_open_pem(text), _token_start(text), _digits_start(text)]
    for pattern in (_AFTER_KEYWORD, _AFTER_WEAK, _AFTER_PHRASE, _IBAN_BEGUN, _CODE_BEFORE_WORD):
        if match := pattern.search(text, floor):
            starts.append(_value_start(match))
    return len(text) - min(starts)


def _value_start(match: re.Match[str]) -> int:
    named = (match.start(name) for name in match.re.groupindex)
    return next((start for start in named if start >= 0), match.start())


def _open_pem(text: str) -> int:
    begin = text.rfind("BEGIN ")
    if begin < 0 or "-END " in text[begin:].replace("--END", "-END") and text[begin:].rstrip().endswith("-"):
        return len(text)
    match = _PEM.search(text, max(0, begin - 5))
    return match.start() if match else len(text)


def _token_start(text: str) -> int:
    """Where the last unbroken run of ASCII begins, if it does not look like plain words."""
    run = _ASCII_RUN.search(text, max(0, len(text) - _LOOK_BACK))
    if run is None:
        return len(text)
    token = run[0]
    plain = _PLAIN.fullmatch(token) and "://" not in token and not any(p in token for p in known.PREFIXES)
    return len(text) if plain else run.start()


def _digits_start(text: str) -> int:
    """Where a trailing run of digit groups begins (one blank or dash between them)."""
    position = len(text)
    start = position
    while position > 0 and (text[position - 1].isdigit() or text[position - 1] in " -\u00a0"):
        position -= 1
        if text[position].isdigit():
            start = position
        elif not text[position - 1 : position].isdigit():
            break
    return start
