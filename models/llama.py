"""The one door to llama-cpp-python's C API: imported lazily, and silent on stderr."""

from __future__ import annotations

from functools import cache
from typing import Any

from assistant.errors import EnvironmentFault


@cache
def llama() -> Any:
    """Give the ``llama_cpp.llama_cpp`` module, its back end started and its log turned off.

    :raises EnvironmentFault: llama-cpp-python is not installed or does not load here.
    """
    try:
        import llama_cpp
        from llama_cpp import llama_cpp as api
    except (ImportError, OSError, RuntimeError) as error:
        raise EnvironmentFault(
            f"The language model's library does not load: {error}",
            hint="Run `make setup` again; it builds llama-cpp-python for this machine.",
        ) from error
    silence = api.llama_log_callback(lambda _level, _text, _data: None)
    api.llama_log_set(silence, None)
    api.silence_kept_alive = silence
    api.llama_backend_init()
    api.version = llama_cpp.__version__
    return api
