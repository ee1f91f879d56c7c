"""A fake model for tests: bytes as tokens, and it says what it is told, or anything at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from assistant.prompt import QUERY, VALUE
from models.runtime import Logits, Stop, Stopped, never

_EXTRA = (b"<|im_end|>", b" null", b' "', b'."', b"\n\n", b"caf\xc3")
IM_END, NULL_TOKEN, VALUE_TOKEN = 256, 257, 258


class FakeModel:
    """Fits :class:`models.runtime.Evaluator`.

    :param says: field name → what the model wants to write there; a missing task = null.
    :param chaos: seed of random logits instead: it wants anything, allowed or not.
    """

    def __init__(
        self, says: Mapping[str, str | bytes] | None = None, *, chaos: int | None = None, n_ctx: int = 65_536
    ) -> None:
        self._says = {name: text.encode() if isinstance(text, str) else text for name, text in (says or {}).items()}
        self._chaos = chaos
        self.n_ctx = n_ctx
        self.pieces: Sequence[bytes] = [bytes([value]) for value in range(256)] + list(_EXTRA)
        self.control: npt.NDArray[np.bool_] = np.array([False] * 256 + [True] + [False] * (len(_EXTRA) - 1))
        self.bos: Sequence[int] = ()
        self.tokens: list[int] = []
        self.evaluations: list[int] = []
        self.closed = False

    def tokenize(self, text: str) -> list[int]:
        """Bytes, but the two words that decide are single tokens, as in SmolLM2."""
        data = text.encode(errors="replace")
        for token in (NULL_TOKEN, VALUE_TOKEN):
            if data.startswith(self.pieces[token]):
                return [token, *data[len(self.pieces[token]) :]]
        return list(data)

    def evaluate(self, tokens: Sequence[int], stop: Stop = never) -> int:
        """Count what a real cache would have to evaluate."""
        if stop():
            raise Stopped
        same = next((i for i, pair in enumerate(zip(self.tokens, tokens, strict=False)) if pair[0] != pair[1]), None)
        same = min(len(self.tokens), len(tokens)) if same is None else same
        self.tokens = list(tokens)
        self.evaluations.append(len(tokens) - same)
        return len(tokens) - same

    def logits(self) -> Logits:
        if self._chaos is not None:
            rng = np.random.default_rng((self._chaos, len(self.tokens)))
            return rng.normal(scale=5.0, size=len(self.pieces)).astype(np.float32)
        logits = np.zeros(len(self.pieces), dtype=np.float32)
        logits[self._wanted()] = 10.0
        return logits

    def _wanted(self) -> int:
        text = b"".join(self.pieces[token] for token in self.tokens)
        answer = text[text.rindex(QUERY.encode()) + len(QUERY) :]
        if not answer:
            return VALUE_TOKEN if self._says.get("Proactive Task") else NULL_TOKEN
        name, written = "Proactive Task", answer[len(VALUE) :]
        for field in self._says:
            opening = f'", "{field}": "'.encode()
            if opening in answer:
                place = answer.rindex(opening) + len(opening)
                if len(answer) - place < len(written):
                    name, written = field, answer[place:]
        wanted = self._says.get(name, b"")
        return wanted[len(written)] if len(written) < len(wanted) else ord('"')

    def close(self) -> None:
        self.closed = True
