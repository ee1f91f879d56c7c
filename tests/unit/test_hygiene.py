"""No tracked file says where packages come from, or names a machine (they differ from place to place)."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]

# Options and settings that would hold an index's address. Written in pieces: this file is looked at too.
INDEX_WORDS = tuple("".join(parts) for parts in (
    ("--index", "-url "), ("--index", "-url="), ("--extra-index", "-url "), ("--extra-index", "-url="),
    ("--find", "-links "), ("--find", "-links="), ("--trusted", "-host"), ("python", "hosted"), ("pypi", ".org"),
    ("registry.npm", "js"), ("deb.debian", ".org"), ("hugging", "face.co"), ("index", "_url"),
))  # fmt: skip

# Loopback, and the names that are reserved for examples (RFC 2606, RFC 6761).
HARMLESS = re.compile(r"(127\.0\.0\.\d+|localhost|\[?::1\]?|(.*\.)?example(\.(com|org|net))?|.*\.(test|invalid|local))")
# Text that has to name somebody else's site: the licence, and invented or famous addresses inside test corpora.
MAY_NAME_SITES = ("LICENSE", "tests/")
ADDRESS = re.compile(r"https?://[^\s\"'<>)`\\]+", re.IGNORECASE)
needs_git = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
# XML vocabularies are names that only look like addresses.
VOCABULARIES = ("www.w3.org",)


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(name) for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    for file in tracked():
        data = (ROOT / file).read_bytes()
        if b"\0" not in data:
            yield file.as_posix(), data.decode("utf-8", errors="replace")


def addresses(text: str) -> Iterator[str]:
    """Addresses with a host that is neither loopback nor made for examples."""
    for found in ADDRESS.findall(text):
        try:
            host = urlsplit(found).hostname or ""
        except ValueError:
            continue
        if "." in host and not HARMLESS.fullmatch(host) and host not in VOCABULARIES:
            yield found


def index_words(text: str) -> list[str]:
    return [word for word in INDEX_WORDS if word in text.lower()]


@needs_git
def test_no_tracked_file_says_where_packages_come_from() -> None:
    found = {name: words for name, text in texts() if (words := index_words(text))}
    # pip-tools' options that leave addresses out have to be named somewhere.
    assert {name: words for name, words in found.items() if name != "scripts/lock.py"} == {}


@needs_git
def test_no_tracked_file_names_a_site() -> None:
    found = {
        name: sites for name, text in texts() if not name.startswith(MAY_NAME_SITES) and (sites := [*addresses(text)])
    }
    assert found == {}


@needs_git
def test_no_tracked_file_names_this_machine() -> None:
    name = socket.gethostname().lower()
    generic = {"localhost", "debian", "ubuntu", "laptop", "runner", "sandbox", "main"}
    if len(name) < 5 or name in generic:
        name = "\0no name of its own"
    assert [file for file, text in texts() if re.search(rf"\b{re.escape(name)}\b", text.lower())] == []


@pytest.mark.parametrize("line", ["pip install " + INDEX_WORDS[0] + "x", "https://files." + "python" + "hosted.org/x"])
def test_an_index_would_be_noticed(line: str) -> None:
    assert index_words(line)


@pytest.mark.parametrize(
    ("text", "noticed"),
    [
        ("see https://" + "packages.corp.internal/simple", True),
        ("http://127.0.0.1:8080/v1 and http://localhost:1", False),
        ("https://shop.example.com/a", False),
        ("http://[::1]:80/", False),
    ],
)
def test_a_site_would_be_noticed(text: str, *, noticed: bool) -> None:
    assert bool([*addresses(text)]) == noticed


def test_every_locked_package_has_its_hash() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.lock")):
        for entry in re.split(r"\n(?=[a-z0-9])", lock.read_text(encoding="utf-8").strip(), flags=re.IGNORECASE):
            assert re.match(r"[A-Za-z0-9._-]+==\S+", entry), f"{lock.name}: {entry[:60]}"
            assert "--hash=sha256:" in entry, f"{lock.name}: {entry[:60]}"


def test_no_lock_disagrees_with_another() -> None:
    versions: dict[str, set[str]] = {}
    for lock in (ROOT / "requirements").glob("*.lock"):
        for name, version in re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE):
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
