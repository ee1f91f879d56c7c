"""The proposer on a local GGUF model: context → candidate tasks, one new event costing one event."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from pydantic import ValidationError

from assistant.context import render_lines
from assistant.errors import SetupError
from assistant.events import Task
from assistant.paths import Paths
from assistant.ports import Context, Proposal, Proposer
from assistant.prompt import FIELDS, OPERATIONS, build_prompt
from assistant.settings import ModelOptions
from models.base import check_adapter, find_base
from models.decode import Opener, Writer, Written, free, sampler
from models.endpoint import EndpointProposer
from models.grounding import ground
from models.opening import rule_opening
from models.runtime import Evaluator, Runtime, Stop, Stopped, never

log = logging.getLogger(__name__)

# Further candidates are sampled: the likeliest one is only one. 0.8 gave different, still sane tasks.
CANDIDATE_TEMPERATURE = 0.8
# So many tries for k candidates: duplicates are common with a small model.
TRIES_PER_CANDIDATE = 2
# A line has 300 characters at most; in scripts where each costs three tokens this is where it is cut.
LINE_TOKENS = 160
# Literals between the values, and room to spare.
LITERAL_TOKENS = 64
# History that is worth a model's while: less than this and the context is too small.
MIN_HISTORY_TOKENS = 256


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
        rule_openings: bool = True,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        """Wrap a loaded model.

        :param rule_openings: begin tasks by rule (for the untuned base).
        :raises SetupError: the context is too small for the prompt.
        """
        self._model, self._options, self._name = model, options, name
        self._rule_openings = rule_openings
        self._mono = mono
        self._writer = Writer(model)
        self._lock = threading.Lock()
        self._cancels = 0
        self._closed = False
        self._first = ""
        prompt = build_prompt([])
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

        def check(task: str) -> bool:
            return not ground(task, sentences).reason

        prompt = [*self._history(context), *self._query]
        opener = self._opener(context)
        sentences = [event.sentence for event in context.events]
        tasks: list[Task] = []
        reasons: list[str] = []
        total = Written()
        for attempt in range(1 if k == 1 else k * TRIES_PER_CANDIDATE):
            written = self._writer.write(prompt, stop, opener=opener, check=check, pick=self._picker(attempt))
            total.evaluated_tokens += written.evaluated_tokens
            total.output_tokens += written.output_tokens
            total.p_offer = max(total.p_offer, written.p_offer)
            task, reason = _as_task(written, sentences, cancelled=cancelled())
            reasons.append(reason)
            if task is not None and all(task.task.casefold() != other.task.casefold() for other in tasks):
                tasks.append(task)
            if len(tasks) >= k or written.stopped:
                break
        return Proposal(
            tasks=tuple(tasks),
            p_offer=total.p_offer,
            reason=next((reason for reason in reasons if reason), "") if not tasks else "",
            model=self._name,
            prompt_tokens=len(prompt),
            evaluated_tokens=total.evaluated_tokens,
            output_tokens=total.output_tokens,
            ms=(self._mono() - began) * 1000,
        )

    def answer(self, context: Context, *, seed: int | None = None) -> str:
        """The model's raw JSON for ``context``, no task held back: for measuring.

        :param seed: sample with it, every word the model's own; None = as ``propose`` does it.
        """
        pick = None if seed is None else sampler(seed, CANDIDATE_TEMPERATURE)
        opener = self._opener(context) if seed is None else free
        with self._lock:
            prompt = [*self._history(context), *self._query]
            return self._writer.write(prompt, never, opener=opener, pick=pick).raw

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
        return partial(rule_opening, context) if self._rule_openings else free

    def _canceller(self) -> Stop:
        """Tells whether ``cancel`` was called since now."""
        before = self._cancels
        return lambda: self._cancels != before

    def _picker(self, attempt: int) -> Callable[..., int] | None:
        """The likeliest token first (or as the settings say); further attempts are sampled."""
        temperature = self._options.temperature or (CANDIDATE_TEMPERATURE if attempt else 0.0)
        return sampler(self._options.seed + attempt, temperature) if temperature else None

    def _history(self, context: Context) -> list[int]:
        """Tokens of prefix and history; what is too long loses its oldest part in large steps.

        The first line stays the first one for as long as all fits, so the cache stays useful; then half goes.
        """
        lines = build_prompt(render_lines(context)).history
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


def _as_task(written: Written, sentences: Sequence[str], *, cancelled: bool) -> tuple[Task | None, str]:
    """A valid Task or the reason why there is none."""
    text = written.values.get("task", "")
    if cancelled:
        return None, "cancelled"
    if not written.task_complete:
        if written.stopped:
            return None, "no time left"
        return None, "the model found no end" if text else "the model has nothing to offer"
    if reason := ground(text, sentences).reason:
        return None, reason
    values = {"operation": OPERATIONS[0]} | written.values
    # The untuned base often says one thing twice.
    values |= {name: "" for name in ("thoughts", "response") if values.get(name) == values.get("purpose")}
    try:
        return Task(**{name: value[: _LONGEST[name]] for name, value in values.items()}), ""
    except ValidationError:
        return None, "the model's answer does not fit"


# How long a value Task takes, by attribute.
_LONGEST = {
    name: next((m.max_length for m in info.metadata if hasattr(m, "max_length")), None)
    for name, info in Task.model_fields.items()
}


def make_proposer(options: ModelOptions, paths: Paths) -> Proposer:
    """Load the model that the settings name.

    :raises SetupError: a file is missing or wrong, the endpoint is not on loopback, the context is too small.
    :raises EnvironmentFault: the library does not load, or there is no memory.
    """
    if options.kind == "endpoint":
        return EndpointProposer(options)
    base, adapter = find_base(options, paths), check_adapter(options)
    runtime = Runtime(base.path, context_tokens=options.context_tokens, threads=options.threads, adapter=adapter)
    log.info("Language model: %s (%s)", base.path.name, base.reason)
    name = f"{base.path.stem}+{adapter.stem}" if adapter else base.path.stem
    try:
        return GgufProposer(runtime, options, name=name, rule_openings=not adapter and not options.path)
    except BaseException:
        runtime.close()
        raise
