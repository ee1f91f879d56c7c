"""Write ``requirements/*.lock`` anew from ``*.in``: versions with hashes, no index address. For developers.

Needs pip-tools in the environment (``pip install pip-tools``); takes a minute and the network.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"
# In this order: later ones are held to the versions of earlier ones.
RESOLVED = ("core", "build", "dev", "bench", "cairo", "gtk")
# One file each, installed without what it asks for.
ALONE = {"llama": ("--no-binary", ":all:"), "model": ("--only-binary", ":all:")}
OPTIONS = ("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header", "--strip-extras")


def resolve(name: str) -> None:
    """Let pip-tools write one lock file."""
    argv = [sys.executable, "-m", "piptools", "compile", "--quiet", "--upgrade", "--allow-unsafe", *OPTIONS]
    subprocess.run([*argv, "-o", f"{name}.lock", f"{name}.in"], cwd=REQUIREMENTS, check=True)


def pin_alone(name: str, options: tuple[str, ...]) -> None:
    """Write the version and hash of one package that is taken without its dependencies."""
    argv = [sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed", "--no-deps", *options]
    argv += ["--report", "-", "-r", f"{name}.in"]
    done = subprocess.run(argv, cwd=REQUIREMENTS, check=True, capture_output=True, text=True)
    (item,) = json.loads(done.stdout)["install"]
    (REQUIREMENTS / f"{name}.lock").write_text(pinned(item), encoding="utf-8")


def pinned(item: dict[str, Any]) -> str:
    """One entry of pip's report as a locked requirement."""
    about, hashes = item["metadata"], item["download_info"]["archive_info"]["hashes"]
    return f"{about['name'].replace('_', '-')}=={about['version']} \\\n    --hash=sha256:{hashes['sha256']}\n"


if __name__ == "__main__":
    for lock in RESOLVED:
        resolve(lock)
    for lock, how in ALONE.items():
        pin_alone(lock, how)
