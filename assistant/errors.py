"""Errors that say whose fault it is and what to do next (DESIGN.md, rule 7)."""

from __future__ import annotations


class AssistantError(Exception):
    """Base of every error that is meant to be read by a person.

    ``str(error)`` is one sentence on what went wrong; ``hint`` is what to do next.
    """

    fault = "our bug"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def explain(self) -> str:
        """The message, whose fault it is, and the next step, as printed by the command line."""
        tail = f"\n  What to do: {self.hint}" if self.hint else ""
        return f"{self} ({self.fault}){tail}"


class SetupError(AssistantError):
    """The user's setup is not right (a wrong path, a bad setting, a missing permission)."""

    fault = "your setup"


class EnvironmentFault(AssistantError):  # noqa: N818 - the name is DESIGN.md's (rule 7)
    """The machine or desktop around us failed (no display, disk full, server died)."""

    fault = "the environment"


class InternalError(AssistantError):
    """Our own bug: please report it."""

    fault = "our bug"
