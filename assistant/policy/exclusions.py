"""Which windows and applications are left out, and by which rule: pure, compiled once from the options."""

from __future__ import annotations

import re
from typing import Any

from assistant.errors import SetupError
from assistant.events import AppExited, AppStarted, WindowFocus
from assistant.policy import seeds
from assistant.settings import Privacy

# A kernel cuts process names to this length (TASK_COMM_LEN - 1).
_COMM = 15
# Longer titles are cut before anything looks at them: what identifies a window stands at either end.
MAX_TITLE = 1_000
# Second-level labels that are not a site's own name (bbc.co.uk is "bbc").
_PUBLIC_LABELS = frozenset(("co", "com", "org", "net", "ac", "gov", "edu"))
# A shorter name ("x" of x.com) is inside too many titles; then only the whole address counts.
_SHORTEST_SITE_NAME = 4


class Exclusions:
    """The seeded and the owner's rules.

    :raises SetupError: a title pattern is no regular expression, or could take forever on a hostile title.
    """

    def __init__(self, options: Privacy) -> None:
        self._apps = {_plain(name): f"seed app: {name}" for name in seeds.APPS}
        self._apps |= {_plain(name): f"app: {name}" for name in options.excluded_apps if _plain(name)}
        self._titles = [(f"title: {text}", _compiled(text)) for text in options.excluded_titles if text]
        self._titles += [(f"site: {site}", _site(site)) for site in options.excluded_sites if site.strip()]
        self._titles += [(f"seed title: {name}", pattern) for name, pattern in seeds.TITLES]

    def window(self, seen: WindowFocus) -> str:
        """The rule that leaves this window out, '' if none does."""
        if rule := self.app(seen.app, seen.app_id, seen.process):
            return rule
        title = shortened(seen.title)
        if seeds.PRIVATE_WINDOW.search(title) or (_is_browser(seen) and seeds.PRIVATE_SUFFIX.search(title)):
            return "private window"
        return next((rule for rule, pattern in self._titles if pattern.search(title)), "")

    def program(self, seen: AppStarted | AppExited) -> str:
        """The rule that leaves this application out, '' if none does."""
        return self.app(seen.app, seen.process)

    def app(self, *names: str) -> str:
        """The rule for an application under any of its names."""
        for name in names:
            for form in _forms(name):
                if rule := self._apps.get(form):
                    return rule
            if len(name) == _COMM and (rule := self._cut_off(_plain(name))):
                return rule
        return ""

    def _cut_off(self, beginning: str) -> str:
        """The rule for a process of which the kernel shows only the beginning."""
        return next((rule for name, rule in self._apps.items() if name.startswith(beginning)), "") if beginning else ""


def shortened(title: str) -> str:
    """At most MAX_TITLE characters: the beginning and the end."""
    half = MAX_TITLE // 2
    return title if len(title) <= MAX_TITLE else f"{title[:half]}…{title[-half:]}"


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _forms(name: str) -> set[str]:
    """``org.keepassxc.KeePassXC``, ``/usr/bin/keepassxc``, ``KeePassXC.exe`` are all keepassxc."""
    base = re.sub(r"(?i)\.(?:exe|app|appimage|bin|py|desktop)$", "", name.strip())
    last = re.split(r"[/\\.]", base)[-1]
    return {_plain(base), _plain(last)} - {""}


def _is_browser(seen: WindowFocus) -> bool:
    names = (_plain(seen.app), _plain(seen.app_id), _plain(seen.process))
    return any(part in name for name in names for part in seeds.BROWSERS)


def _site(site: str) -> re.Pattern[str]:
    """The address and the site's own name, as whole words: ``facebook.com`` is also ``Facebook``."""
    address = re.sub(r"^\w+://|^www\.|/.*$", "", site.strip().casefold())
    labels = [label for label in address.split(".")[:-1] if label not in _PUBLIC_LABELS]
    names = [address, *(labels[-1:] if labels and len(labels[-1]) >= _SHORTEST_SITE_NAME else [])]
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)", re.IGNORECASE)


def _compiled(text: str) -> re.Pattern[str]:
    hint = "Correct excluded_titles in the settings."
    try:
        pattern = re.compile(text, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise SetupError(f"The title pattern {text!r} is not a regular expression: {error}", hint=hint) from error
    if _explodes(_parsed(text)):
        raise SetupError(f"The title pattern {text!r} repeats a repetition and could take forever.", hint=hint)
    return pattern


def _parsed(text: str) -> Any:
    from re import _parser  # type: ignore[attr-defined]  # the only parser of this syntax; undocumented, stable

    return _parser.parse(text)


def _explodes(parsed: Any, *, inside: bool = False) -> bool:
    """Whether an unbounded repetition stands inside another one, or holds alternatives."""
    for operation, value in parsed:
        name = str(operation)
        repeats = name in {"MAX_REPEAT", "MIN_REPEAT"} and int(value[1]) > MAX_TITLE
        if inside and (repeats or name == "BRANCH"):
            return True
        if any(_explodes(part, inside=inside or repeats) for part in _parts(value)):
            return True
    return False


def _parts(value: Any) -> list[Any]:
    """The sub-patterns inside an operation's argument."""
    from re import _parser  # type: ignore[attr-defined]  # as above

    if isinstance(value, _parser.SubPattern):
        return [value]
    if isinstance(value, (list, tuple)):
        return [part for item in value for part in _parts(item)]
    return []
