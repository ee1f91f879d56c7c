"""The proposer's own thread: loads the model, answers one question at a time, can be cancelled."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable

from assistant.engine.core import Question
from assistant.errors import AssistantError
from assistant.ports import Context, Proposal, Proposer

log = logging.getLogger(__name__)


class Thinker:
    """Runs the proposer; ``on_proposal`` is called from this thread.

    A proposer that cannot be made (no model file, a broken one) or that fails gives an empty
    proposal with the reason, so that the decision says why nothing was offered.
    """

    def __init__(
        self,
        make: Callable[[], Proposer],
        on_proposal: Callable[[Question, Proposal], None],
        deadline_s: float,
    ) -> None:
        self._make, self._on_proposal, self._deadline_s = make, on_proposal, deadline_s
        self._questions: queue.Queue[Question | None] = queue.Queue()
        self._proposer: Proposer | None = None
        self._problem = ""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="thinker", daemon=True)

    @property
    def state(self) -> str:
        """The model's name, or why there is none."""
        if self._proposer is not None:
            return self._proposer.name
        return f"no model: {self._problem}" if self._problem else "loading"

    def start(self) -> None:
        """Load the model and read the fixed prompt, then wait for questions."""
        self._thread.start()

    def ask(self, question: Question) -> None:
        """Queue a question; never blocks."""
        self._questions.put(question)

    def cancel(self) -> None:
        """End the answer that is being written, and drop what waits."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._questions.get_nowait()
        if self._proposer is not None:
            self._proposer.cancel()

    def close(self, timeout: float = 1.0) -> None:
        """Cancel and end the thread."""
        self._stopping = True
        self.cancel()
        self._questions.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        self._load()
        while (question := self._questions.get()) is not None and not self._stopping:
            self._on_proposal(question, self._answer(question))
        if self._proposer is not None:
            self._proposer.close()

    def _load(self) -> None:
        try:
            self._proposer = self._make()
            started = time.monotonic()
            self._proposer.warm(Context(events=()))
            log.info("model %s ready, fixed prompt read in %.1f s", self._proposer.name, time.monotonic() - started)
        except AssistantError as error:
            self._problem = error.explain()
            log.warning("no model: %s", self._problem)
        except Exception as error:
            self._problem = f"{type(error).__name__}: {error}"
            log.exception("the model could not be loaded")

    def _answer(self, question: Question) -> Proposal:
        if self._proposer is None:
            return Proposal(reason=self.state)
        try:
            return self._proposer.propose(question.context, deadline_s=self._deadline_s)
        except AssistantError as error:
            return Proposal(reason=error.explain(), model=self._proposer.name)
        except Exception as error:
            log.exception("the proposer failed")
            return Proposal(reason=f"the model failed ({type(error).__name__})", model=self._proposer.name)
