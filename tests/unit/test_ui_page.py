from __future__ import annotations

import base64
import hashlib
import re

import pytest

from ui.page import STATIC, build_page


def digests(page: str, tag: str) -> set[str]:
    bodies = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    return {base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies}


PAGES = pytest.mark.parametrize("name", ["popup", "annotate"])


@PAGES
@pytest.mark.parametrize("bridge", [False, True])
def test_only_our_own_style_and_script_may_run(name, bridge):
    page = build_page(name, bridge=bridge)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy
    assert ("unsafe-eval" in policy) is bridge
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    assert allowed == digests(page, "style") | digests(page, "script")
    assert len(allowed) == 2


@PAGES
def test_the_page_asks_for_nothing_outside(name):
    page = build_page(name)
    assert "{{" not in page
    assert not re.search(r"https?:|//[a-z]|@import|url\(|<link|<img|<iframe|\ssrc=", page.replace("// ", ""))
    assert not re.search(r'\son[a-z]+="', page)


@PAGES
def test_text_never_becomes_markup(name):
    script = (STATIC / f"{name}.js").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", script)
    assert "textContent" in script


def test_a_screen_reader_is_told_what_this_is():
    page = build_page()
    for wanted in ('role="alertdialog"', 'aria-labelledby="task"', 'aria-live="polite"', 'aria-expanded="false"'):
        assert wanted in page
    assert page.count('dir="auto"') >= 3


def test_a_screen_reader_is_told_what_is_annotated():
    page = build_page("annotate")
    for wanted in ('role="application"', 'role="checkbox"', 'aria-live="polite"', 'role="alert"', 'role="dialog"',
                   'aria-labelledby="count"'):  # fmt: skip
        assert wanted in page
    script = (STATIC / "annotate.js").read_text(encoding="utf-8")
    assert '"aria-checked"' in script
    assert 'dir = "auto"' in script


def test_every_key_of_the_annotation_page_is_in_its_help():
    page = build_page("annotate")
    keys = page[page.index('id="keys"') :]
    for key in ("1", "5", "0", "Enter", "s", "u", "?", "q", "+"):
        assert f"<kbd>{key}</kbd>" in keys


@PAGES
def test_both_palettes_name_the_same_colours(name):
    style = (STATIC / f"{name}.css").read_text(encoding="utf-8")
    palettes = re.findall(r"\{([^{}]*--paper:[^{}]*)\}", style)
    assert len(palettes) == 3
    names = [set(re.findall(r"(--[a-z-]+):", palette)) for palette in palettes]
    assert names[0] == names[1] == names[2]
    assert re.sub(r"\s+", "", palettes[1]) == re.sub(r"\s+", "", palettes[2])


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@PAGES
@pytest.mark.parametrize("which", [0, 2])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "paper"),
        ("soft", "paper"),
        ("ink", "fill"),
        ("ink", "press"),
        ("on-accent", "accent"),
        ("accent", "paper"),
    ],
)
def test_contrast_is_at_least_wcag_aa(name, which, text, ground):
    style = (STATIC / f"{name}.css").read_text(encoding="utf-8")
    palette = re.findall(r"\{([^{}]*--paper:[^{}]*)\}", style)[which]
    colours = dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", palette))
    bright, dim = sorted((_luminance(colours[text]), _luminance(colours[ground])), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 4.5


@pytest.mark.parametrize("which", [0, 2])
@pytest.mark.parametrize(
    ("text", "ground"),
    [("ink", "chosen"), ("accent", "chosen"), ("warn", "paper"), ("ink", "ground"), ("soft", "ground")],
)
def test_the_annotation_pages_own_colours_too(which, text, ground):
    test_contrast_is_at_least_wcag_aa("annotate", which, text, ground)
