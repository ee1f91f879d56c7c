"""The documents are true: what they tell the reader to type, set or open exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from assistant.cli import cli
from assistant.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "docs/install-elsewhere.md", "CHANGELOG.md")
FENCED = re.compile(r"^```.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
OPTION = re.compile(r"[a-z]+\.[a-z_]+")


def typed_lines(text: str) -> list[str]:
    """Everything that the reader may type: the lines of code blocks, and inline code."""
    blocks = FENCED.findall(text)
    return [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()] + INLINE.findall(
        FENCED.sub("", text)
    )


def lines_of(document: str, program: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    pattern = re.compile(rf"(?:\S*[/\\])?{program}\s+(.+)")
    return [match[1] for line in typed_lines(text) if (match := pattern.fullmatch(line)) and "…" not in match[1]]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def wrong_with(arguments: list[str]) -> str:
    """What the command line would not understand, '' when all is well."""
    command: click.Command = cli
    for argument in arguments:
        options = {name for parameter in command.params for name in parameter.opts}
        if argument.startswith("-"):
            if argument.split("=")[0] not in options | {"--help", "--version"}:
                return f"{command.name} has no option {argument}"
        elif isinstance(command, click.Group):
            if argument not in command.commands:
                return f"there is no command {argument}"
            command = command.commands[argument]
    return ""


def has_option(dotted: str) -> bool:
    group, _, name = dotted.partition(".")
    field = Settings.model_fields.get(group)
    return field is not None and name in getattr(field.annotation, "model_fields", {})


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_exists(document: str) -> None:
    named = {target for line in lines_of(document, "make") for target in line.split() if "=" not in target}
    assert named <= make_targets()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_assistant_command_exists(document: str) -> None:
    assert [wrong for line in lines_of(document, "assistant") if (wrong := wrong_with(shlex.split(line)))] == []


def test_the_readme_names_the_commands_that_matter() -> None:
    said = {line.split()[0] for line in lines_of("README.md", "assistant")}
    assert said >= {"consent", "demo", "status", "doctor", "pause", "resume", "stop", "forget", "export", "import"}
    assert {"run", "test"} <= set(lines_of("README.md", "make"))


def test_every_setting_of_the_readme_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    groups = set(Settings.model_fields)
    named = {word for code in typed_lines(text) for word in OPTION.findall(code) if word.split(".")[0] in groups} - {
        "settings.json"
    }
    assert len(named) > 5
    assert {word for word in named if not has_option(word)} == set()


@pytest.mark.parametrize("document", ["README.md", "docs/install-elsewhere.md", "CHANGELOG.md"])
def test_every_file_that_is_linked_exists(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    linked = [link for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text) if link]
    assert [link for link in linked if not (ROOT / document).parent.joinpath(link).exists()] == []


def test_a_wrong_command_would_be_noticed() -> None:
    assert wrong_with(["fly"])
    assert wrong_with(["forget", "--everything"])
    assert not wrong_with(["forget", "--last", "15m"])
    assert not has_option("delivery.loudness")
