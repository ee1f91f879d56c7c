"""One source of options (pydantic-settings): defaults, then ``settings.json``, then ``ASSISTANT_*`` variables.

Nested options are ``ASSISTANT_DECISION__EVERY_EVENTS=3``. Every number carries its reason.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from assistant.errors import SetupError


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class Capture(_Group):
    """What the senses do."""

    keyboard: bool = Field(True, description="count keys; read typed text only with consent")
    mouse: bool = Field(True, description="record clicks and scrolls, never positions")
    window: bool = Field(True, description="record the active window's application and title")
    apps: bool = Field(True, description="record programs with a window starting and ending")
    idle: bool = Field(True, description="notice when you are away or the screen is locked")
    idle_after_s: float = Field(180.0, gt=0, description="without input for this long = away (ActivityWatch: 180)")
    apps_every_s: float = Field(5.0, gt=0, description="how often programs are looked at (11 ms each time)")
    hold_keys_s: float = Field(
        0.06, ge=0, le=1, description="keys wait this long for the focus signal (50 ms leaked 0 of 24 [FINDINGS])"
    )
    flush_s: float = Field(0.2, gt=0, le=1, description="keys and clicks are handed on in runs of this length")
    queue_size: int = Field(20_000, ge=100, description="observations kept while the engine is away; then drops count")
    missed_hotkey: str = Field(
        "", description="keys for 'you should have helped just now', e.g. <ctrl>+<alt>+h; '' = none"
    )
    watchdog_s: float = Field(2.0, gt=0, description="how often the senses are checked (row 3: noticed in 10 s)")


class Privacy(_Group):
    """What is never recorded. Matching ignores case; the seeded lists in policy/seeds.py always apply too."""

    excluded_apps: tuple[str, ...] = Field((), description="applications (name, class or process) to leave out")
    excluded_titles: tuple[str, ...] = Field((), description="regular expressions; matching titles are left out")
    excluded_sites: tuple[str, ...] = Field((), description="sites whose name in a window title leaves it out")


class Narration(_Group):
    """How observations become events."""

    burst_end_s: float = Field(2.0, gt=0, description="a pause this long ends a typing burst")
    burst_max_chars: int = Field(2_000, ge=50, description="a longer burst is cut and goes on in the next event")
    dwell_s: float = Field(
        0.5, ge=0, description="a window left sooner is merely passed through (row ≤ 1 s with tick and commit of 0.2 s)"
    )


class DecisionOptions(_Group):
    """When a decision is made and what it sees."""

    gate: Literal["trained", "rules"] = Field("trained", description="when to speak: learned, or plain rules")
    every_events: int = Field(5, ge=1, description="decide after this many new events (issue 2: 5)")
    dwell_s: float = Field(5.0, ge=0, description="a window switch counts as a boundary after this long elsewhere")
    context_events: int = Field(40, ge=1, le=500, description="at most this many events in a context")
    context_age_s: float = Field(7_200.0, gt=0, description="and none older than this")
    context_offers: int = Field(10, ge=0, description="at most this many earlier suggestions in a context")
    personal: bool = Field(True, description="your own answers shift when it speaks and what it offers, at once")
    personal_half_life_days: float = Field(60.0, gt=0, description="an answer of yours counts half after so many days")
    wrong_one_in: float = Field(
        2.0,
        gt=1,
        le=100,
        description="at most 1 offer in so many may be wrong: higher = fewer, surer; 2 = as trained (`assistant dial`)",
    )
    explore: float = Field(0.05, ge=0, lt=0.5, description="share of near-threshold verdicts turned round; 0 = never")
    explore_band: float = Field(
        0.1, ge=0, le=1, description="p(help) this close to the threshold is near it (28 % of 233 published moments)"
    )
    min_interval_s: float = Field(5.0, ge=0, description="no two decisions closer than this")


class Delivery(_Group):
    """Whether a suggestion may be shown now (EXPERIENCE.md has the sources of the defaults)."""

    cooldown_s: float = Field(600.0, ge=0, description="at most one suggestion in this time")
    per_day: int = Field(12, ge=0, description="at most so many suggestions a day")
    duplicate_window: int = Field(20, ge=0, description="compared with this many last suggestions")
    duplicate_similarity: float = Field(0.6, gt=0, le=1, description="word overlap that makes a duplicate")
    rejected_for_s: float = Field(7 * 86_400.0, ge=0, description="a rejected task stays away this long")
    snooze_s: float = Field(1_800.0, ge=0, description="'Not now' keeps the same task away this long")
    popup_s: float = Field(12.0, gt=0, description="the popup waits this long; its clock stops under the pointer")
    fullscreen: bool = Field(False, description="show suggestions while a window is fullscreen")
    shadow: bool = Field(False, description="decide and store, but show nothing")
    stale_s: float = Field(90.0, gt=0, description="a suggestion not shown by then is dropped (bounded deferral)")


class ModelOptions(_Group):
    """Which language model writes the tasks."""

    kind: Literal["gguf", "endpoint"] = Field("gguf", description="a GGUF file here, or a server on loopback")
    path: str = Field("", description="GGUF file; '' = the bundled SmolLM2-135M-Instruct")
    adapter: str = Field(
        "", description="LoRA adapter in GGUF; '' = the trained one (bundled model), none = no adapter"
    )
    candidates: int = Field(3, ge=1, le=8, description="tasks that are drafted; the judge takes the best or none")
    endpoint: str = Field("http://127.0.0.1:8080/v1", description="OpenAI-compatible server, loopback only")
    endpoint_model: str = Field("", description="model name for the endpoint")
    requantize: bool = Field(True, description="turn the bundled Q4_1 into Q8_0 once (twice as fast prefill)")
    threads: int = Field(1, ge=1, le=64, description="one is steadier than two on a busy machine [FINDINGS]")
    context_tokens: int = Field(2_048, ge=512, le=32_768, description="size of the model's context")
    deadline_s: float = Field(20.0, gt=0, description="time limit for one suggestion")
    temperature: float = Field(0.0, ge=0, le=2, description="0 = always the likeliest")
    seed: int = Field(1, ge=0, description="seed of sampling")


class Training(_Group):
    """Learning from your answers (`assistant train`)."""

    nightly: bool = Field(False, description="train once a night by itself, while you are away and on power")
    idle_min: float = Field(
        20.0, ge=1, description="how long you must have been away (away begins at 3 min; a meal takes 20)"
    )
    from_hour: int = Field(22, ge=0, le=23, description="the night begins (local hour)")
    until_hour: int = Field(6, ge=0, le=23, description="and ends (local hour)")


class Storage(_Group):
    """What is kept, and for how long."""

    retention_days: int = Field(90, ge=1, description="older events are deleted and their space given back")
    batch: int = Field(200, ge=1, description="rows in one transaction at most (100 gave 68,000 rows/s [CAPTURE])")
    commit_s: float = Field(0.2, gt=0, le=1, description="rows wait at most this long for their transaction")
    queue_size: int = Field(100_000, ge=100, description="rows waiting for the writer; overflow is counted")


class UI(_Group):
    """How suggestions are shown."""

    notifier: Literal["auto", "popup", "notification", "terminal", "none"] = Field(
        "auto", description="auto = popup, else desktop notification, else terminal"
    )
    theme: Literal["auto", "light", "dark"] = Field("auto", description="colours of the popup")


class Settings(BaseSettings):
    """Every option of the assistant."""

    model_config = SettingsConfigDict(
        env_prefix="ASSISTANT_", env_nested_delimiter="__", extra="forbid", validate_assignment=True
    )

    capture: Capture = Field(default_factory=Capture)
    privacy: Privacy = Field(default_factory=Privacy)
    narration: Narration = Field(default_factory=Narration)
    decision: DecisionOptions = Field(default_factory=DecisionOptions)
    delivery: Delivery = Field(default_factory=Delivery)
    model: ModelOptions = Field(default_factory=ModelOptions)
    training: Training = Field(default_factory=Training)
    storage: Storage = Field(default_factory=Storage)
    ui: UI = Field(default_factory=UI)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic-settings'
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # Variables win over the file (which arrives as init values); no .env, no secrets folder.
        return env_settings, init_settings


def load_settings(file: Path | None = None, **overrides: Any) -> Settings:
    """Read the options: defaults < ``file`` (JSON, may be missing) < ``overrides`` < ``ASSISTANT_*``.

    :raises SetupError: the file is not JSON, or an option is unknown or out of range.
    """
    stored: dict[str, Any] = {}
    if file is not None and file.exists():
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SetupError(f"{file} is not readable JSON: {error}", hint="Correct it or move it away.") from error
    try:
        return Settings(**(stored | overrides))
    except ValidationError as error:
        wrong = "; ".join(_in_words(problem) for problem in error.errors())
        raise SetupError(f"A setting is wrong: {wrong}.", hint=f"Correct it in {file or 'the command'}.") from error
    except TypeError as error:
        raise SetupError(
            f"{file} must hold an object of settings: {error}", hint="Correct it or move it away."
        ) from error


def _in_words(problem: ErrorDetails) -> str:
    """One validation problem: the option, what is wrong, and what was given."""
    option = ".".join(str(part) for part in problem["loc"])
    return f"{option}: {problem['msg'].lower()} (given: {problem['input']!r})"
