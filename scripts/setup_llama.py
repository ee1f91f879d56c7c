"""Build llama-cpp-python once per CPU, keep the wheel in the user's cache, say how far it is.

The index has no ready wheel, and ``GGML_NATIVE`` fits the code to this CPU: a wheel from another one may
die of an illegal instruction. So the cache folder's name is a hash of all that the wheel depends on.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from setup_tools import ROOT, SetupFailedError, clean_environ, last_lines, only_one, say, user_cache

LOCK_FILE = ROOT / "requirements" / "llama.lock"
LOG = ROOT / "build" / "llama-build.log"
# Neither image input nor its tools: 140 steps instead of 193, 4 minutes on two cores [measured].
CMAKE_ARGS = "-DLLAVA_BUILD=OFF -DLLAMA_BUILD_MTMD=OFF"
TELL_EVERY_S = 5.0
STEP = re.compile(rb"\[(\d+)/(\d+)\]")
# With -v the compiler's words come first; what pip says about them after this helps nobody.
PIP_CHATTER = "error: subprocess-exited-with-error"
CPU_WORDS = ("flags", "Features", "vendor_id", "cpu family", "model", "model name", "CPU implementer", "CPU part")


def cpu() -> str:
    """What kind of CPU this is, with all that it can do."""
    file = Path("/proc/cpuinfo")
    if not file.exists():
        return f"{platform.machine()} {platform.processor()}"
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(sorted({line for line in lines if line.split(":")[0].strip() in CPU_WORDS}))


def wheel_folder() -> Path:
    """Where the wheel for this CPU, Python and version lies, or will lie."""
    parts = (
        cpu(),
        f"{platform.machine()} {platform.libc_ver()} {sys.version_info[:2]}",
        LOCK_FILE.read_text(encoding="utf-8"),
        CMAKE_ARGS,
    )
    return user_cache() / "wheels" / hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def cached_wheel() -> Path | None:
    """The wheel, if it has been built."""
    return next(iter(sorted(wheel_folder().glob("llama_cpp_python-*.whl"))), None)


def progress(log: Path, seconds: float) -> str:
    """``57 of 140 steps, 1:40``, from the build's own output."""
    time_taken = f"{int(seconds) // 60}:{int(seconds) % 60:02}"
    steps = STEP.findall(log.read_bytes()) if log.exists() else []
    if not steps:
        return f"fetching and configuring, {time_taken}"
    done, total = steps[-1]
    return f"{done.decode()} of {total.decode()} steps, {time_taken}"


class Build(threading.Thread):
    """The build, beside the rest of the set-up; ``join`` it, then look at ``error``."""

    def __init__(self, python: Path) -> None:
        super().__init__(daemon=True)
        self._python = python
        self._process: subprocess.Popen[bytes] | None = None
        self.error: SetupFailedError | None = None

    def run(self) -> None:
        folder = wheel_folder()
        waiting = "another set-up is building llama-cpp-python; waiting for it"
        try:
            with only_one(folder.with_suffix(".lock"), waiting):
                if cached_wheel() is None:
                    self._build(folder)
        except SetupFailedError as error:
            self.error = error
        except OSError as error:
            self.error = SetupFailedError(f"llama-cpp-python could not be built: {error}", f"See {LOG}.")

    def stop(self) -> None:
        """End the build with everything that it started."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)

    def _build(self, folder: Path) -> None:
        LOG.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        say("building llama-cpp-python for this CPU: once, about 4 minutes on two cores")
        with tempfile.TemporaryDirectory(dir=folder) as fresh, LOG.open("wb") as log:
            # --no-cache-dir: pip's own cache would hand this wheel to another CPU.
            argv = [self._python, "-m", "pip", "wheel", "-v", "--no-deps", "--no-build-isolation", "--no-cache-dir"]
            argv += ["--require-hashes", "-r", LOCK_FILE, "-w", fresh]
            cores = str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
            self._process = subprocess.Popen(
                [str(part) for part in argv],
                env=clean_environ(CMAKE_ARGS=CMAKE_ARGS, CMAKE_BUILD_PARALLEL_LEVEL=cores),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._watch(self._process)
            for wheel in Path(fresh).glob("llama_cpp_python-*.whl"):
                wheel.replace(folder / wheel.name)

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        began = time.monotonic()
        while True:
            try:
                code = process.wait(TELL_EVERY_S)
                break
            except subprocess.TimeoutExpired:
                say(f"building llama-cpp-python: {progress(LOG, time.monotonic() - began)}")
        if code:
            raise SetupFailedError(
                f"llama-cpp-python could not be built:\n{last_lines(LOG, before=PIP_CHATTER)}",
                f"Read {LOG}. Most often the C++ compiler is missing or old (Debian, Ubuntu: "
                "sudo apt-get install build-essential), or memory or disk ran out. Then run the same command again.",
            )


def works(python: Path) -> bool:
    """Whether the installed library runs on this CPU (a wheel from elsewhere dies at once)."""
    code = "import llama_cpp; llama_cpp.llama_backend_init()"
    done = subprocess.run([str(python), "-c", code], env=clean_environ(), capture_output=True, check=False)
    return done.returncode == 0


def forget_wheel() -> None:
    """Drop the cached wheel, so that the next build starts afresh."""
    shutil.rmtree(wheel_folder(), ignore_errors=True)
