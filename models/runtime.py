"""A thin layer over llama.cpp: tokens in, logits out, with the longest common prefix kept in the KV cache.

One thread at a time uses a runtime; only what ``stop`` looks at may be changed by another.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from assistant.errors import EnvironmentFault, SetupError
from models.llama import llama

Logits = npt.NDArray[np.float32]
Stop = Callable[[], bool]
"""Asked between chunks and, by llama.cpp, between the nodes of a graph: True = stop now."""

# Prefill goes in chunks of this many tokens: 0.25 s at 278 tokens/s [FINDINGS], so a cancel is quick.
CHUNK = 64
# A token's bytes: no token of a known vocabulary is longer.
PIECE_BYTES = 512
ABORTED = 2


class Stopped(Exception):  # noqa: N818 - not an error: the caller asked for it
    """Evaluation ended because ``stop`` said so; the cache holds what was evaluated until then."""


class Evaluator(Protocol):
    """What decoding needs of a model; the fake of the tests fits it too."""

    @property
    def n_ctx(self) -> int: ...
    @property
    def pieces(self) -> Sequence[bytes]: ...
    @property
    def control(self) -> npt.NDArray[np.bool_]: ...
    @property
    def bos(self) -> Sequence[int]: ...
    def tokenize(self, text: str) -> list[int]: ...
    def evaluate(self, tokens: Sequence[int], stop: Stop) -> int: ...
    def logits(self) -> Logits: ...
    def close(self) -> None: ...


def never() -> bool:
    """Do not stop."""
    return False


class Runtime:
    """One loaded model with one sequence in its cache.

    ``pieces[i]``: the bytes of token i; ``control[i]``: it is a special token (never sampled, ends a field).
    """

    def __init__(self, path: Path, *, context_tokens: int, threads: int, adapter: Path | None = None) -> None:
        """Load ``path`` with a context of ``context_tokens``.

        :raises EnvironmentFault: the library does not load, or there is not enough memory.
        :raises SetupError: llama.cpp cannot read the model or the adapter.
        """
        self._api = llama()
        self.name = f"{path.stem}+{adapter.stem}" if adapter else path.stem
        self._model: Any = None
        self._ctx: Any = None
        self._adapter: Any = None
        self._stop: Stop = never
        self._tokens: list[int] = []
        self._fresh = False
        try:
            self._load(path)
            self._open(context_tokens, threads)
            if adapter is not None:
                self._attach(adapter)
        except BaseException:
            self.close()
            raise

    # ------------------------------------------------------------------ loading

    def _load(self, path: Path) -> None:
        api = self._api
        params = api.llama_model_default_params()
        params.n_gpu_layers = 0
        self._model = api.llama_model_load_from_file(os.fsencode(path), params)
        if not self._model:
            raise SetupError(f"llama.cpp cannot read {path}.", hint="Check that it is a complete GGUF model file.")
        self._vocab = api.llama_model_get_vocab(self._model)
        self.n_vocab: int = api.llama_vocab_n_tokens(self._vocab)
        self._pieces = [self._piece(token) for token in range(self.n_vocab)]
        self._control = np.array([self._is_control(token) for token in range(self.n_vocab)], dtype=bool)
        self._bos = [api.llama_vocab_bos(self._vocab)] if api.llama_vocab_get_add_bos(self._vocab) else []

    def _open(self, context_tokens: int, threads: int) -> None:
        api = self._api
        params = api.llama_context_default_params()
        params.n_ctx = min(context_tokens, api.llama_model_n_ctx_train(self._model) or context_tokens)
        params.n_batch = params.n_ubatch = CHUNK
        params.n_threads = params.n_threads_batch = threads
        self._abort = api.ggml_abort_callback(lambda _data: self._stop())
        params.abort_callback = self._abort
        self._ctx = api.llama_init_from_model(self._model, params)
        if not self._ctx:
            raise EnvironmentFault(
                f"There is no memory for a context of {context_tokens} tokens.", hint="Lower `model.context_tokens`."
            )
        self._memory = api.llama_get_memory(self._ctx)
        self._n_ctx: int = api.llama_n_ctx(self._ctx)

    def _attach(self, adapter: Path) -> None:
        api = self._api
        self._adapter = api.llama_adapter_lora_init(self._model, os.fsencode(adapter))
        if not self._adapter:
            raise SetupError(f"The adapter {adapter} does not fit the model.", hint="Correct `model.adapter`.")
        adapters = (api.llama_adapter_lora_p_ctypes * 1)(self._adapter)
        if api.llama_set_adapters_lora(self._ctx, adapters, 1, (ctypes.c_float * 1)(1.0)):
            raise SetupError(f"The adapter {adapter} cannot be attached.", hint="Correct `model.adapter`.")

    def _piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(PIECE_BYTES)
        length = self._api.llama_token_to_piece(self._vocab, token, buffer, PIECE_BYTES, 0, True)
        return buffer.raw[: max(0, length)]

    def _is_control(self, token: int) -> bool:
        api = self._api
        return bool(api.llama_vocab_is_control(self._vocab, token) or api.llama_vocab_is_eog(self._vocab, token))

    # ------------------------------------------------------------------ facts

    @property
    def n_ctx(self) -> int:
        """Tokens that fit the context."""
        return self._n_ctx

    @property
    def pieces(self) -> Sequence[bytes]:
        return self._pieces

    @property
    def control(self) -> npt.NDArray[np.bool_]:
        return self._control

    @property
    def bos(self) -> Sequence[int]:
        """What the model wants before everything else: one token or none."""
        return self._bos

    @property
    def cached(self) -> tuple[int, ...]:
        """The tokens whose keys and values are in the cache now."""
        return tuple(self._tokens)

    # ------------------------------------------------------------------ work

    def tokenize(self, text: str) -> list[int]:
        """Tokens of one piece of text; special tokens are never recognised: ``<|im_end|>`` is just characters."""
        data = text.encode(errors="replace")
        room = len(data) + 8
        buffer = (self._api.llama_token * room)()
        count = self._api.llama_tokenize(self._vocab, data, len(data), buffer, room, False, False)
        return list(buffer[: max(0, count)])

    def evaluate(self, tokens: Sequence[int], stop: Stop = never) -> int:
        """Make the cache hold exactly ``tokens`` and the logits be those after the last one.

        :return: how many tokens had to be evaluated; the common prefix with the cache was not.
        :raises Stopped: ``stop`` said so.
        :raises ValueError: there are more tokens than the context holds, or none.
        """
        if not 0 < len(tokens) <= self._n_ctx:
            raise ValueError(f"{len(tokens)} tokens do not fit a context of {self._n_ctx}")
        same = _common(self._tokens, tokens)
        if same == len(tokens) == len(self._tokens) and self._fresh:
            return 0
        # At least one token is evaluated: the logits after it are what is asked for.
        same = min(same, len(tokens) - 1)
        self._rewind(same)
        for start in range(same, len(tokens), CHUNK):
            self._decode(tokens[start : start + CHUNK], stop)
        return len(tokens) - same

    def forget(self) -> None:
        """Empty the cache."""
        self._rewind(0)

    def logits(self) -> Logits:
        """Logits after the last evaluated token, shape (n_vocab,): a view that the next evaluation overwrites."""
        row = self._api.llama_get_logits_ith(self._ctx, -1)
        return np.ctypeslib.as_array(row, shape=(self.n_vocab,))

    def _decode(self, tokens: Sequence[int], stop: Stop) -> None:
        if stop():
            raise Stopped
        array = (self._api.llama_token * len(tokens))(*tokens)
        self._stop = stop
        try:
            code = self._api.llama_decode(self._ctx, self._api.llama_batch_get_one(array, len(tokens)))
        finally:
            self._stop = never
        if code:
            self._rewind(len(self._tokens))
            if code == ABORTED:
                raise Stopped
            raise EnvironmentFault(f"llama.cpp could not evaluate (code {code}).", hint="Restart the assistant.")
        self._tokens.extend(tokens)
        self._fresh = True

    def _rewind(self, length: int) -> None:
        """Forget everything after the first ``length`` tokens."""
        self._api.llama_memory_seq_rm(self._memory, 0, length, -1)
        del self._tokens[length:]
        self._fresh = False

    def close(self) -> None:
        """Free context, adapter and model; safe to call twice."""
        if self._ctx:
            self._api.llama_free(self._ctx)
        if self._model:
            # Frees the adapter too: an adapter lives no longer than its model.
            self._api.llama_model_free(self._model)
        self._ctx = self._model = self._adapter = None


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of the longest common prefix."""
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return index
    return min(len(one), len(other))
