"""The proposer on a local GGUF model: context → candidate tasks, one new event costing one event."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assistant.context import render_lines
from assistant.errors import SetupError
from assistant.events import Task
from assistant.paths import Paths
from assistant.ports import Context, Judge, Proposal, Proposer
from assistant.prompt import FIELDS, build_prompt
from assistant.settings import ModelOptions
from models import shipped
from models.base import check_adapter, find_base
from models.decode import EVEN, Opener, Writer, Written, free, preferring, sampler
from models.endpoint import EndpointProposer
from models.found import Found, add, as_task, refusal
from models.opening import rule_opening, verb_opening
from models.runtime import Evaluator, Runtime, Stop, Stopped, never
from models.shipped import Serving
from models.signals import named_words
from models.verbs import begins_with_a_verb
from models.worth import unfit

log = logging.getLogger(__name__)

# Further candidates are sampled: the likeliest one is only one. At 0.8 the untuned base stays sane.
CANDIDATE_TEMPERATURE = 0.8
# At 0.8 the trained model's second and third drafts were mostly nonsense (docs/lab-log.md, 2026-11-23).
TRAINED_TEMPERATURE = 0.4
# So many tries for k candidates: duplicates are common with a small model.
TRIES_PER_CANDIDATE = 2
SPARE_TRIES = 2
# A line has 300 characters at most; in scripts where each costs three tokens this is where it is cut.
LINE_TOKENS = 160
# Literals between the values, and room to spare.
LITERAL_TOKENS = 64
# Events whose words a task should rather use: annotators reward naming what has just happened (docs/lab-log.md).
NEAR_EVENTS = 3
# History that is worth a model's while: less than this and the context is too small.
MIN_HISTORY_TOKENS = 256


@dataclass(frozen=True)
class Training:
    """What is known of a model that was trained on our prompt: below ``min_offer`` = P(a task) it stays silent."""

    min_offer: float = EVEN


class Drafts(NamedTuple):
    """Task sentences, and the model's own P(a task)."""

    tasks: tuple[str, ...]
    p_offer: float


class GgufProposer:
    """Keeps prompt and history in the model's cache.

    ``propose`` and ``warm`` may be called from any thread and wait for each other; ``cancel`` ends what is under way.
    """

    def __init__(
        self,
        model: Evaluator,
        options: ModelOptions,
        *,
        name: str = "",
        training: Training | None = None,
        judge: Judge | None = None,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        """Wrap a loaded model.

        :param training: the model was trained on our prompt; None = an untuned base, whose tasks begin by rule.
        :param judge: several tasks are drafted and it takes the best one, or none.
        :raises SetupError: the context is too small for the prompt.
        """
        self._model, self._options, self._name = model, options, name
        self._training, self._judge = training, judge
        self._mono = mono
        self._writer = Writer(model)
        self._lock = threading.Lock()
        self._cancels = 0
        self._closed = False
        self._first = ""
        prompt = build_prompt([], tuned=training is not None)
        self._prefix = [*model.bos, *model.tokenize(prompt.prefix)]
        self._query = model.tokenize(prompt.query)
        answer = sum(field.max_tokens for field in FIELDS) + LITERAL_TOKENS
        self._room = model.n_ctx - len(self._prefix) - len(self._query) - answer
        if self._room < MIN_HISTORY_TOKENS:
            need = model.n_ctx - self._room + MIN_HISTORY_TOKENS
            raise SetupError(
                f"A context of {model.n_ctx} tokens is too small for the prompt.",
                hint=f"Set `model.context_tokens` to {need} or more.",
            )

    @property
    def name(self) -> str:
        return self._name

    def propose(self, context: Context, *, k: int = 1, deadline_s: float = 20.0) -> Proposal:
        """Write up to ``k`` different tasks within ``deadline_s`` seconds, waiting included.

        No tasks = nothing to offer, ``reason`` says why.
        """
        began = self._mono()
        cancelled = self._canceller()
        with self._lock:
            if self._closed:
                return Proposal(reason="the model is closed", model=self._name)
            return self._propose(context, k, cancelled, began, began + deadline_s)

    def _propose(self, context: Context, k: int, cancelled: Stop, began: float, deadline: float) -> Proposal:
        def stop() -> bool:
            return cancelled() or self._mono() >= deadline

        prompt = [*self._history(context), *self._query]
        total = Written()
        look = self._first_tasks if self._judge is None else self._best_tasks
        found = look(prompt, context, k, stop, cancelled, total)
        return Proposal(
            tasks=found.tasks,
            p_accept=found.p_accept,
            p_offer=total.p_offer,
            reason="" if found.tasks else found.reason,
            model=self._name,
            prompt_tokens=len(prompt),
            evaluated_tokens=total.evaluated_tokens,
            output_tokens=total.output_tokens,
            ms=(self._mono() - began) * 1000,
        )

    def _first_tasks(
        self, prompt: list[int], context: Context, k: int, stop: Stop, cancelled: Stop, total: Written
    ) -> Found:
        """The first ``k`` different tasks, whole."""
        sentences = [event.sentence for event in context.events]
        tasks: list[Task] = []
        reasons: list[str] = []
        for attempt in range(1 if k == 1 else k * TRIES_PER_CANDIDATE):
            written = self._write(prompt, context, stop, attempt, lambda task: not self._unfit(task, sentences))
            add(total, written)
            task, reason = as_task(written, sentences, cancelled=cancelled())
            reasons.append(reason)
            if task is not None and all(task.task.casefold() != other.task.casefold() for other in tasks):
                tasks.append(task)
            if len(tasks) >= k or written.stopped:
                break
        return Found(tuple(tasks), (), next((reason for reason in reasons if reason), ""))

    def drafts(self, context: Context, count: int) -> Drafts:
        """Up to ``count`` different task sentences, grounded or not, even where null is likelier: for measuring."""
        with self._lock:
            prompt = [*self._history(context), *self._query]
            total = Written()
            if count:
                return Drafts(tuple(self._drafts(prompt, context, count, never, total, least=0.0)[0]), total.p_offer)
            self._model.evaluate(prompt, never)
            return Drafts((), self._writer.p_offer(self._model.logits()))

    def _drafts(
        self, prompt: list[int], context: Context, count: int, stop: Stop, total: Written, least: float
    ) -> tuple[list[str], Written]:
        """Different task sentences, nothing after them; and how the last attempt ended."""
        found: dict[str, str] = {}
        written = Written()
        for attempt in range(count + SPARE_TRIES):
            written = self._write(prompt, context, stop, attempt, lambda _task: False, least)
            add(total, written)
            if written.task_complete:
                found.setdefault(written.values["task"].casefold(), written.values["task"])
            if len(found) >= count or written.stopped or written.p_offer < least:
                break
        return list(found.values()), written

    def _best_tasks(
        self, prompt: list[int], context: Context, k: int, stop: Stop, cancelled: Stop, total: Written
    ) -> Found:
        """Draft several tasks, then write out the ``k`` that the judge likes best."""
        judge = self._judge
        assert judge is not None  # noqa: S101 - the caller looked
        sentences = [event.sentence for event in context.events]
        least = self._training.min_offer if self._training else EVEN
        drafts, last = self._drafts(prompt, context, max(k, self._options.candidates), stop, total, least)
        reasons = {task: self._unfit(task, sentences) for task in drafts}
        ranked = sorted(((judge.p_accept(context, task), task) for task in drafts if not reasons[task]), reverse=True)
        liked = [(p, task) for p, task in ranked if p >= judge.threshold]
        if not liked:
            return Found((), tuple(p for p, _ in ranked[:1]), refusal(ranked, reasons, last, cancelled=cancelled()))
        tasks, chances, why = [], [], ""
        for p, sentence in liked:
            written = self._writer.write(prompt, stop, opener=self._opener(context), task=sentence)
            add(total, written)
            task, reason = as_task(written, sentences, cancelled=cancelled())
            why = why or reason
            if task is not None:
                tasks.append(task)
                chances.append(p)
            if len(tasks) >= k or written.stopped:
                break
        return Found(tuple(tasks), tuple(chances) or (liked[0][0],), why)

    def _write(
        self,
        prompt: list[int],
        context: Context,
        stop: Stop,
        attempt: int,
        check: Callable[[str], bool],
        least: float | None = None,
    ) -> Written:
        trained = self._training.min_offer if self._training else EVEN
        return self._writer.write(
            prompt,
            stop,
            opener=self._opener(context),
            check=check,
            pick=self._near_picker(context, attempt),
            min_offer=trained if least is None else least,
        )

    def _near_picker(self, context: Context, attempt: int) -> Callable[..., int] | None:
        """Prefers the tokens of what the last events name: a small model strays to topics of its own.

        As words inside a sentence (a blank before them), in the spelling that was seen. Only for a trained model:
        the untuned base is held to the topic by its openings. A task begins in Latin letters: 135 million parameters
        write other scripts as broken words (docs/lab-log.md, 2026-11-28); what is named may be in any script.
        """
        pick = self._picker(attempt)
        if self._training is None:
            return pick
        words = {word for event in context.events[-NEAR_EVENTS:] for word in named_words(event.sentence)}
        ids = {token for word in words for token in self._model.tokenize(f" {word}")}
        return preferring(np.array(sorted(ids), dtype=np.intp), self._writer.vocabulary.no_word, pick)

    def answer(self, context: Context, *, seed: int | None = None) -> str:
        """The model's raw JSON for ``context``, no task held back: for measuring.

        :param seed: sample with it, every word the model's own; None = as ``propose`` does it.
        """
        pick = None if seed is None else sampler(seed, CANDIDATE_TEMPERATURE)
        opener = self._opener(context) if seed is None else free
        with self._lock:
            prompt = [*self._history(context), *self._query]
            return self._writer.write(prompt, never, opener=opener, pick=pick, min_offer=0.0).raw

    def warm(self, context: Context) -> None:
        """Evaluate prompt and history ahead, so that ``propose`` finds them in the cache."""
        cancelled = self._canceller()
        with self._lock:
            if self._closed:
                return
            try:
                self._model.evaluate(self._history(context), cancelled)
            except Stopped:
                log.debug("warming was cancelled")

    def cancel(self) -> None:
        """End what is under way or waits; it comes back within one chunk of tokens. Safe from any thread."""
        self._cancels += 1

    def close(self) -> None:
        """Cancel, wait, free the model."""
        self._closed = True
        self.cancel()
        with self._lock:
            self._model.close()

    # ------------------------------------------------------------------ pieces

    def _opener(self, context: Context) -> Opener:
        return verb_opening if self._training else partial(rule_opening, context)

    def _unfit(self, task: str, sentences: Sequence[str]) -> str:
        """Why a draft is not to be offered, '' = it may."""
        if self._training is not None and not begins_with_a_verb(task):
            return "the task does not begin with a verb"
        return unfit(task, sentences)

    def _canceller(self) -> Stop:
        """Tells whether ``cancel`` was called since now."""
        before = self._cancels
        return lambda: self._cancels != before

    def _picker(self, attempt: int) -> Callable[..., int] | None:
        """The likeliest token first (or as the settings say); further attempts are sampled."""
        warmth = TRAINED_TEMPERATURE if self._training else CANDIDATE_TEMPERATURE
        temperature = self._options.temperature or (warmth if attempt else 0.0)
        return sampler(self._options.seed + attempt, temperature) if temperature else None

    def _history(self, context: Context) -> list[int]:
        """Tokens of prefix and history; what is too long loses its oldest part in large steps.

        The first line stays the first one for as long as all fits, so the cache stays useful; then half goes.
        """
        lines = build_prompt(render_lines(context), tuned=self._training is not None).history
        tokens = [self._line(line) for line in lines]
        start = lines.index(self._first) if self._first in lines else 0
        if sum(map(len, tokens[start:])) > self._room:
            while sum(map(len, tokens[start:])) > self._room // 2 and start < len(tokens) - 1:
                start += 1
            self._first = lines[start]
        return [*self._prefix, *(token for line in tokens[start:] for token in line)]

    def _line(self, line: str) -> list[int]:
        tokens = self._model.tokenize(line)
        return tokens if len(tokens) <= LINE_TOKENS else [*tokens[: LINE_TOKENS - 1], tokens[-1]]


def make_proposer(options: ModelOptions, paths: Paths, serving: Serving | None = None) -> Proposer:
    """Load the model that the settings name.

    :param serving: whose adapter and judge to use; None = the shipped ones. ``model.adapter`` wins.

    :raises SetupError: a file is missing or wrong, the endpoint is not on loopback, the context is too small.
    :raises EnvironmentFault: the library does not load, or there is no memory.
    """
    if options.kind == "endpoint":
        return EndpointProposer(options)
    chosen = serving or shipped.serving()
    runtime, adapter = load_runtime(options, paths, chosen.adapter)
    own = adapter is not None and adapter == chosen.adapter and chosen.version != shipped.VERSION
    try:
        name = f"{runtime.name}@{chosen.version}" if own else runtime.name
        return GgufProposer(runtime, options, name=name, **trained_parts(adapter, chosen))
    except BaseException:
        runtime.close()
        raise


def load_runtime(options: ModelOptions, paths: Paths, own: Path | None = None) -> tuple[Runtime, Path | None]:
    """Load base and adapter as the settings say.

    :raises SetupError: a file is missing or wrong.
    :raises EnvironmentFault: the library does not load, or there is no memory.
    """
    base, adapter = find_base(options, paths), check_adapter(options, own)
    log.info("Language model: %s (%s)", base.path.name, base.reason)
    runtime = Runtime(base.path, context_tokens=options.context_tokens, threads=options.threads, adapter=adapter)
    return runtime, adapter


def trained_parts(adapter: Path | None, serving: Serving | None = None) -> dict[str, Any]:
    """What goes with an adapter: how it was trained, and the judge that serves (also for an adapter of the user's)."""
    if adapter is None:
        return {}
    chosen = serving or shipped.serving()
    level = chosen.min_offer if adapter == chosen.adapter else shipped.min_offer(adapter)
    return {"training": Training(min_offer=level), "judge": chosen.judge}
