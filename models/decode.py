"""Decoding by template: our literals are given, the model fills in values that cannot break JSON.

Inside a value only tokens without control characters, quotes and backslashes can be chosen; a token with a
quote, a newline or a special token ends it. So every output parses, whatever the model says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from assistant.prompt import END, FIELDS, NULL, OPERATIONS, QUERY, VALUE, FieldSpec, between, plain_value
from models.runtime import Evaluator, Logits, Stop, Stopped

_QUOTE = b'"'
_FORBIDDEN = frozenset(range(0x20)) | {0x22, 0x5C, 0x7F}
_SENTENCE_END = re.compile(r"[.!?…](?=\s|$)|[。！？]")
# A run of this many tokens that was there already is a loop; shorter ones repeat in honest sentences.
LOOP_TOKENS = 6
# P(a task) where null is as likely.
EVEN = 0.5
# Sampling looks at the best so many tokens: beyond them a 135 M model's guesses are noise.
TOP_K = 40
# UTF-8: letters from À to U+036F (Latin and what is put upon it) begin with these bytes.
_BEYOND_ASCII = range(0xC3, 0xCE)
# How much dearer a word is that the moment does not name; chosen on held-out scenes of our corpus (docs/lab-log.md).
NEAR = 1.0


@dataclass(frozen=True)
class Vocabulary:
    """What each token may do inside a value.

    ``no_word``: ids that a sentence in Latin letters cannot begin with.
    ``barred``: shape (n_vocab,), −inf where a token may not be chosen, 0 elsewhere; ``ends``: ids that end a
    value; ``tails[id]``: the bytes that an ending token still adds (``."`` adds the full stop).
    """

    barred: npt.NDArray[np.float32]
    no_word: npt.NDArray[np.intp]
    ends: npt.NDArray[np.intp]
    tails: dict[int, bytes]
    null: int
    value: int

    @classmethod
    def of(cls, model: Evaluator) -> Vocabulary:
        """Sort the tokens of ``model`` once (50,000 tokens: 50 ms)."""
        barred = np.full(len(model.pieces), -np.inf, dtype=np.float32)
        tails: dict[int, bytes] = {}
        for token, piece in enumerate(model.pieces):
            if model.control[token] or piece.startswith(b"\n"):
                tails[token] = b""
            elif _QUOTE in piece:
                before = piece.split(_QUOTE)[0]
                if not _FORBIDDEN.intersection(before):
                    tails[token] = before
            elif piece and not _FORBIDDEN.intersection(piece):
                barred[token] = 0.0
        null, value = model.tokenize(NULL)[0], model.tokenize(VALUE)[0]
        no_word = [token for token, piece in enumerate(model.pieces) if not _begins_a_word(piece)]
        return cls(barred, np.array(no_word, dtype=np.intp), np.array(sorted(tails), dtype=np.intp), tails, null, value)


@dataclass
class Written:
    """What came out: ``raw``, the JSON text as the model saw it, and the values by attribute of Task."""

    raw: str = QUERY + NULL
    values: dict[str, str] = field(default_factory=dict)
    p_offer: float = 0.0
    output_tokens: int = 0
    evaluated_tokens: int = 0
    task_complete: bool = False
    given: bool = False
    stopped: bool = False


Opener = Callable[[str, Mapping[str, str]], str]
"""Attribute and the values so far → the words that its value begins with ('' = none)."""


def free(_attribute: str, _values: Mapping[str, str]) -> str:
    """Leave every word to the model."""
    return ""


Check = Callable[[str], bool]
"""Is this task worth finishing? Asked once the task is written, before the other fields cost time."""


class Writer:
    """Writes one answer after a prompt."""

    def __init__(self, model: Evaluator) -> None:
        self.model = model
        self.vocabulary = Vocabulary.of(model)

    def p_offer(self, logits: Logits) -> float:
        """P(a task) against P(null) at the first place of the answer."""
        gap = float(logits[self.vocabulary.value]) - float(logits[self.vocabulary.null])
        return float(1.0 / (1.0 + np.exp(-np.clip(gap, -50.0, 50.0))))

    def write(
        self,
        prompt: Sequence[int],
        stop: Stop,
        *,
        opener: Opener = free,
        check: Check = bool,
        pick: Callable[[Logits], int] | None = None,
        min_offer: float = EVEN,
        task: str = "",
    ) -> Written:
        """Write the answer to ``prompt`` (tokens up to and including the query).

        :param opener: gives the words that a value begins with.
        :param min_offer: below this P(a task) the answer is null.
        :param task: what is offered, written already: only the other fields are the model's.
        :param pick: chooses a token from barred logits; default the likeliest.
        :return: what was written; with ``stopped`` when ``stop`` ended it early. Never raises Stopped.
        """
        written = Written()
        tokens = list(prompt)
        try:
            choose = pick or likeliest
            if task:
                self._take(tokens, written, task)
            if task or self._offers(tokens, stop, written, opener, check, choose, min_offer):
                self._explain(tokens, stop, written, opener, choose)
        except Stopped:
            written.stopped = True
        if written.values.get("task"):
            answer = b"".join(self.model.pieces[token] for token in tokens[len(prompt) :])
            written.raw = QUERY + answer.decode("utf-8", errors="ignore") + END
        return written

    def _take(self, tokens: list[int], written: Written, task: str) -> None:
        """Put a task that was written before."""
        tokens += [*self.model.tokenize(VALUE), *self.model.tokenize(task)]
        written.given, written.values["task"], written.task_complete = True, task, True

    def _offers(
        self,
        tokens: list[int],
        stop: Stop,
        written: Written,
        opener: Opener,
        check: Check,
        pick: Callable[[Logits], int],
        min_offer: float,
    ) -> bool:
        """Null or a task; True = a whole task that is worth explaining."""
        written.evaluated_tokens += self.model.evaluate(tokens, stop)
        written.p_offer = self.p_offer(self.model.logits())
        if written.p_offer < min_offer:
            return False
        tokens += self.model.tokenize(VALUE)
        text, ended = self._value(tokens, stop, written, FIELDS[0], opener("task", written.values), pick)
        written.values["task"] = text
        written.task_complete = ended and bool(text)
        return written.task_complete and check(text)

    def _explain(
        self, tokens: list[int], stop: Stop, written: Written, opener: Opener, pick: Callable[[Logits], int]
    ) -> None:
        """The fields after the task."""
        for spec in FIELDS[1:]:
            tokens += self.model.tokenize(between(spec))
            opening = opener(spec.attribute, written.values)
            if spec.attribute == "operation":
                options = (opening,) if opening else OPERATIONS
                written.values["operation"] = self._choose(tokens, stop, written, options)
            else:
                text, ended = self._value(tokens, stop, written, spec, opening, pick)
                # An answer that was cut off in the middle is none; the other fields are for reading only.
                written.values[spec.attribute] = text if ended or spec.attribute != "response" else ""

    def _value(
        self,
        tokens: list[int],
        stop: Stop,
        written: Written,
        spec: FieldSpec,
        opening: str,
        pick: Callable[[Logits], int],
    ) -> tuple[str, bool]:
        """One value; ``tokens`` grows by it. True = it is whole."""
        given = self.model.tokenize(opening) if opening else []
        start = len(tokens)
        tokens += given
        data = opening.encode()
        while len(tokens) - start < spec.max_tokens:
            written.evaluated_tokens += self.model.evaluate(tokens, stop)
            token = self._next(self.model.logits(), pick)
            written.output_tokens += 1
            if token in self.vocabulary.tails:
                tail = self.vocabulary.tails[token]
                tokens += self.model.tokenize(tail.decode("utf-8", errors="ignore"))
                return _text(data + tail), True
            tokens.append(token)
            data += self.model.pieces[token]
            if (loop := _loop(tokens[start:])) and len(tokens) - loop - start >= len(given):
                del tokens[-loop:]
                return _to_sentence(_text(b"".join(self.model.pieces[t] for t in tokens[start:])))
        return _to_sentence(_text(data))

    def _next(self, logits: Logits, pick: Callable[[Logits], int]) -> int:
        """The likeliest ending token competes with all that may go on."""
        allowed = logits + self.vocabulary.barred
        end = int(self.vocabulary.ends[np.argmax(logits[self.vocabulary.ends])])
        allowed[end] = logits[end]
        return pick(allowed)

    def _choose(self, tokens: list[int], stop: Stop, written: Written, options: Sequence[str]) -> str:
        """The option whose first token is the likeliest; ``tokens`` grows by it."""
        ids = [self.model.tokenize(option) for option in options]
        if len(ids) == 1:
            tokens += ids[0]
            return options[0]
        written.evaluated_tokens += self.model.evaluate(tokens, stop)
        best = int(np.argmax(self.model.logits()[[option[0] for option in ids]]))
        tokens += ids[best]
        return options[best]


def sampler(seed: int, temperature: float) -> Callable[[Logits], int]:
    """A picker: softmax over the best ``TOP_K`` at ``temperature`` > 0, its own random stream."""
    rng = np.random.default_rng(seed)

    def pick(logits: Logits) -> int:
        best = np.argpartition(logits, -TOP_K)[-TOP_K:] if len(logits) > TOP_K else np.arange(len(logits))
        weights = np.exp((logits[best] - logits[best].max()).astype(np.float64) / temperature)
        return int(rng.choice(best, p=weights / weights.sum()))

    return pick


def preferring(
    near: npt.NDArray[np.intp], never_first: npt.NDArray[np.intp], pick: Callable[[Logits], int] | None = None
) -> Callable[[Logits], int]:
    """A picker for one task: prefers the tokens ``near`` (ids) by ``NEAR`` nats, but not as its first word, the verb;
    that is none of ``never_first``. Each is preferred once: else one word is said again and again.
    """
    choose = pick or likeliest
    first, left = True, near

    def prefer(logits: Logits) -> int:
        nonlocal first, left
        raised = logits.copy()
        if first:
            raised[never_first], first = -np.inf, False
        else:
            raised[left] += NEAR
        chosen = choose(raised)
        left = left[left != chosen]
        return chosen

    return prefer


def likeliest(logits: Logits) -> int:
    """The plain picker."""
    return int(np.argmax(logits))


def _begins_a_word(piece: bytes) -> bool:
    first = piece.lstrip()[:1]
    return first.isalpha() or (bool(first) and first[0] in _BEYOND_ASCII)


def _text(data: bytes) -> str:
    """Bytes → text: half characters at the end go, and whatever else would not be plain text."""
    return plain_value(data.decode("utf-8", errors="ignore"))


def _loop(tokens: Sequence[int]) -> int:
    """How many last tokens repeat what stands before: ``LOOP_TOKENS``, or 0."""
    last = list(tokens[-LOOP_TOKENS:])
    if len(last) < LOOP_TOKENS:
        return 0
    starts = range(len(tokens) - LOOP_TOKENS)
    return LOOP_TOKENS if any(list(tokens[i : i + LOOP_TOKENS]) == last for i in starts) else 0


def _to_sentence(text: str) -> tuple[str, bool]:
    """Cut unfinished text back to its last whole sentence; False = there is none."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return (text[: ends[-1]], True) if ends else (text, False)
