"""The system's packages on Debian and its relatives: which are missing, and how to get them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from setup_tools import ROOT, call, clean_environ, say

DESKTOP = ROOT / "requirements" / "debian-desktop.txt"
TEST = ROOT / "requirements" / "debian-test.txt"


def is_debian() -> bool:
    """Debian, Ubuntu, Mint…: whatever has both of these."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg-query"))


def is_root() -> bool:
    """Whether packages can be installed here and now."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def listed(file: Path) -> list[str]:
    """The packages of one list; ``#`` starts a remark."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [name for line in lines for name in line.partition("#")[0].split()]


def toolchain() -> list[str]:
    """Packages without which Python's own part of the set-up cannot work."""
    need = []
    if not (shutil.which(os.environ.get("CXX", "c++")) and shutil.which(os.environ.get("CC", "cc"))):
        need.append("build-essential")
    version = f"python3.{sys.version_info.minor}"
    if importlib.util.find_spec("ensurepip") is None:
        need.append(f"{version}-venv")
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        need.append(f"{version}-dev")
    return need


def missing(names: list[str]) -> list[str]:
    """Those of ``names`` that are not installed."""
    query = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Abbrev}\n", *names]
    shown = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    installed = {line.split()[0] for line in shown.splitlines() if line.split()[1:2] == ["ii"]}
    return [name for name in names if name not in installed]


def sudo_line(names: list[str]) -> str:
    """What someone who is not root can run."""
    return f"sudo apt-get update && sudo apt-get install --no-install-recommends -y {' '.join(names)}"


def install(names: list[str]) -> None:
    """Install packages as root.

    :raises SetupFailedError: apt-get failed.
    """
    say(f"installing {len(names)} Debian packages: {' '.join(names)}")
    environ = clean_environ(DEBIAN_FRONTEND="noninteractive")
    # Another apt (unattended upgrades on a fresh machine) may hold the lock for a while.
    options = ["-q", "-o", "DPkg::Lock::Timeout=300"]
    todo = "Look whether this machine reaches its Debian packages (apt-get update), then run the same command again."
    call(["apt-get", *options, "update"], todo=todo, environ=environ)
    call(["apt-get", *options, "install", "--no-install-recommends", "-y", *names], todo=todo, environ=environ)
