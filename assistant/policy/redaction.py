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
_DIGIT = re.compile(r"[0-9]")
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


_NAMES = {rule.name for rule in (*known.TOKENS, *known.CASED, *known.FOLDED)} | {"card number", "iban", "one-time code"}
_MARK = re.compile(rf"\[redacted: (?:{'|'.join(map(re.escape, sorted(_NAMES)))})\]")


def _spans(text: str) -> Iterator[_Span]:
    if "[redacted: " in text:
        # Our own marks hold words like "password": to the rules they are empty lines.
        text = _MARK.sub(lambda mark: "\n" * len(mark[0]), text)
    for rule in _candidates(text):
        for match in rule.pattern.finditer(text):
            yield _span_of(rule, match)
    yield from _after_keywords(text)
    if _DIGIT.search(text):
        yield from _cards(text)
        yield from _codes(text)
        for match in _IBAN.finditer(text):
            if _iban_valid(match[0]):
                yield _Span(*match.span(), "iban")


def _span_of(rule: known.Rule, match: re.Match[str]) -> _Span:
    return _Span(*match.span("s" if "s" in rule.pattern.groupindex else 0), rule.name)


def _candidates(text: str) -> Iterator[known.Rule]:
    """The rules of which a needle occurs: their regular expressions are worth trying."""
    if long := " ".join(word for word in text.split() if len(word) >= known.SHORTEST_TOKEN):
        yield from (rule for rule in known.TOKENS if _any_in(rule.needles, long))
    yield from (rule for rule in known.CASED if _any_in(rule.needles, text))


_BY_NEEDLE = {
    needle: tuple(rule for rule in known.FOLDED if needle in rule.needles)
    for needle in dict.fromkeys(needle for rule in known.FOLDED for needle in rule.needles)
}
_ASCII_NEEDLES = tuple(needle for needle in _BY_NEEDLE if needle.isascii())


def _after_keywords(text: str) -> Iterator[_Span]:
    """Each pattern is tried only where its keyword begins."""
    folded = text.lower() if len(text.lower()) == len(text) else "".join(c.lower()[0] for c in text)
    for needle in _ASCII_NEEDLES if folded.isascii() else _BY_NEEDLE:
        place = folded.find(needle)
        while place >= 0:
            for rule in _BY_NEEDLE[needle]:
                if match := rule.pattern.match(text, place):
                    yield _span_of(rule, match)
            place = folded.find(needle, place + 1)


def _any_in(needles: tuple[str, ...], text: str) -> bool:
    return any(needle in text for needle in needles)


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


# A code of 3 to 8 digits, and how far before it the word for it may stand.
_CODE = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){2,7}(?![0-9])")
_CODE_REACH, _BARE_CODE_DIGITS = 60, 6


def _codes(text: str) -> Iterator[_Span]:
    for match in _CODE.finditer(text):
        around = text[max(0, match.start() - _CODE_REACH) : match.end() + _CODE_REACH].lower()
        if _any_in(known.CODE_WORDS, around) and _is_code(text, match):
            yield _Span(*match.span(), "one-time code")


def _is_code(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - _CODE_REACH) : match.start()]
    six = sum(map(str.isdigit, match[0])) == _BARE_CODE_DIGITS
    return bool(
        known.CODE_AFTER.search(before)
        or (six and known.CODE_AFTER_BARE.search(before))
        or known.CODE_BEFORE.match(text, match.end())
    )


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
_PEM_END = re.compile(r"-{4,5} ?END [A-Z0-9 ]{1,60}-{4,5}")
_ASCII_STEMS = tuple(stem for stem in known.VALUE_STEMS if stem.isascii())
_ASCII_RUN = re.compile(r"[!-~]+\Z")
# Letters that make an ordinary word: small ones, with at most the first one large, or only large ones.
_PLAIN = re.compile(r"(?:[^A-Za-z0-9]|(?<![A-Za-z])(?:[A-Z]?[a-z]*|[A-Z]+)(?![A-Za-z]))*")
_IBAN_BEGUN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{1,4}){0,8} ?\Z")
_CODE_BEFORE_WORD = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){3,7}[ \t]+(?:[a-z]{1,5}(?:[ \t]+[^\n]{0,50})?)?\Z")
_VALUE = r"(?:(?:[a-z]{1,4}[ -]){0,3}\S*|[\"'`][^\"'`\n]{0,300})"
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
_AFTER_PHRASE = re.compile(
    rf"(?i)(?:{known.any_of(known.PHRASE)})(?:e?s)?{known.AFTER}{known.SEP}(?P<v>[^\n]{{0,400}})\Z"
)
# Shorter beginnings are inside many words; what follows them is mixed within a few characters anyway.
_BEGINNINGS = tuple(prefix for prefix in known.PREFIXES if len(prefix) > known.SHORT_PREFIX)
_AFTER = (_AFTER_KEYWORD, _AFTER_WEAK, _AFTER_PHRASE)


def hold_back(text: str) -> int:
    """How many trailing characters may be the beginning of a secret and must not be stored yet.

    Ordinary words hold back nothing; digits, mixed letters, known beginnings, what follows a word for
    "password", and an open private key do, until what comes next shows what they are. The cut never falls
    into something that redact would take out.
    """
    if not text:
        return 0
    tail = text[-_LOOK_BACK:]
    before = len(text) - len(tail)
    starts = [_open_pem(text), *(before + start for start in (_token_start(tail), _digits_start(tail)))]
    starts += (before + start for start in _value_starts(tail))
    start = min(starts)
    if start < len(text):
        start = min([start, *(before + span.start for span in _spans(tail) if span.start < start - before < span.end)])
    return len(text) - start


def _value_starts(tail: str) -> Iterator[int]:
    folded = tail.lower()
    stems = _ASCII_STEMS if folded.isascii() else known.VALUE_STEMS
    places = [place for stem in stems if (place := folded.find(stem)) >= 0]
    patterns = _AFTER if places else ()
    if _DIGIT.search(tail):
        patterns = (*patterns, _IBAN_BEGUN, _CODE_BEFORE_WORD)
    for pattern in patterns:
        if match := pattern.search(tail, max(0, min(places) - 1) if pattern in _AFTER else 0):
            yield _value_start(match)


def _value_start(match: re.Match[str]) -> int:
    named = (match.start(name) for name in match.re.groupindex)
    return next((start for start in named if start >= 0), match.start())


def _open_pem(text: str) -> int:
    """Where a private key block begins that has not ended yet."""
    begin = text.rfind("BEGIN ")
    if begin < 0 or "PRIVATE" not in text[begin : begin + 60] or _PEM_END.search(text, begin):
        return len(text)
    return len(text[:begin].rstrip("- "))


def _token_start(text: str) -> int:
    """Where the last unbroken run of ASCII begins, if it does not look like plain words."""
    last = text[-1:] if text[-1:].isspace() else text.rsplit(None, 1)[-1]
    if "://" in last:
        return len(text) - len(last)
    run = _ASCII_RUN.search(last)
    if run is None or _is_plain(run[0]):
        return len(text)
    return len(text) - len(run[0])


def _is_plain(token: str) -> bool:
    return bool(_PLAIN.fullmatch(token)) and not _any_in(_BEGINNINGS, token)


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
