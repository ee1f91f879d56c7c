"""The proposer on an OpenAI-compatible server of this machine (llama.cpp server, Ollama). Loopback only."""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from assistant.context import render_lines
from assistant.errors import SetupError
from assistant.events import Task
from assistant.ports import Context, Proposal
from assistant.prompt import FIELDS, OPERATIONS, build_prompt, plain_value
from assistant.settings import ModelOptions
from models.worth import says_nothing, unfit

# A longer answer is no answer: five fields at Task's limits are 7,000 characters.
MAX_ANSWER_BYTES = 1_000_000
# Room for the five fields, as the local model has it.
MAX_TOKENS = sum(field.max_tokens for field in FIELDS) + 64
CANDIDATE_TEMPERATURE = 0.8
_HINT = "Set `model.endpoint` to a server of this computer, like http://127.0.0.1:8080/v1."


class EndpointProposer:
    """Asks the server once per candidate. ``cancel`` drops the answer of the request under way."""

    def __init__(self, options: ModelOptions, *, mono: Callable[[], float] = time.monotonic) -> None:
        """Check the address; nothing is sent yet.

        :raises SetupError: the address is not http, or its host is not on loopback.
        """
        self._options, self._mono = options, mono
        self._url = f"{loopback_url(options.endpoint)}/chat/completions"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
        self._cancels = 0

    @property
    def name(self) -> str:
        return self._options.endpoint_model or "endpoint"

    def propose(self, context: Context, *, k: int = 1, deadline_s: float = 20.0) -> Proposal:
        """Ask for up to ``k`` different tasks; a server that fails gives an empty proposal with the reason."""
        began, cancels = self._mono(), self._cancels
        sentences = [event.sentence for event in context.events]
        tasks: list[Task] = []
        reason, prompt_tokens, output_tokens = "", 0, 0
        for attempt in range(k):
            left = began + deadline_s - self._mono()
            if left <= 0 or self._cancels != cancels:
                reason = "no time left" if left <= 0 else "cancelled"
                break
            try:
                answer = self._ask(self._body(context, attempt), left)
            except (OSError, ValueError, http.client.HTTPException) as error:
                reason = f"the model's server did not answer: {error}"
                break
            prompt_tokens += _usage(answer, "prompt_tokens")
            output_tokens += _usage(answer, "completion_tokens")
            task, reason = parse_answer(_content(answer))
            if task is not None and (reason := unfit(task.task, sentences) or says_nothing(task, sentences)):
                task = None
            if task is not None and all(task.task.casefold() != other.task.casefold() for other in tasks):
                tasks.append(task)
        if self._cancels != cancels:
            tasks, reason = [], "cancelled"
        return Proposal(
            tasks=tuple(tasks),
            reason="" if tasks else reason,
            model=self.name,
            prompt_tokens=prompt_tokens,
            evaluated_tokens=prompt_tokens + output_tokens,
            output_tokens=output_tokens,
            ms=(self._mono() - began) * 1000,
        )

    def warm(self, context: Context) -> None:
        """Do nothing: a server keeps its own cache."""

    def cancel(self) -> None:
        """Drop what is asked now."""
        self._cancels += 1

    def close(self) -> None:
        """Nothing is kept open."""
        self._cancels += 1

    def _body(self, context: Context, attempt: int) -> dict[str, Any]:
        prompt = build_prompt(render_lines(context))
        log, separator = prompt.prefix.rsplit("\nLog:\n", 1)[0], "\nLog:\n"
        user = separator.lstrip() + "".join(prompt.history) + "\nAnswer with one JSON object like those above."
        return {
            "model": self._options.endpoint_model,
            "messages": [{"role": "system", "content": log}, {"role": "user", "content": user}],
            "max_tokens": MAX_TOKENS,
            "temperature": self._options.temperature or (CANDIDATE_TEMPERATURE if attempt else 0.0),
            "seed": self._options.seed + attempt,
            "stream": False,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "task", "strict": True, "schema": answer_schema()},
            },
        }

    def _ask(self, body: Mapping[str, Any], timeout: float) -> Any:
        request = urllib.request.Request(  # noqa: S310 - http on loopback only, checked
            self._url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}, method="POST"
        )
        with self._opener.open(request, timeout=timeout) as reply:
            data = reply.read(MAX_ANSWER_BYTES + 1)
        if len(data) > MAX_ANSWER_BYTES:
            raise ValueError("the answer is too long")
        return json.loads(data)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could lead off this machine."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def loopback_url(url: str) -> str:
    """Give ``url`` with its host's address in place of the name, so nothing is resolved again; no slash at its end.

    :raises SetupError: not http, credentials in it, no host, or any of its addresses is not on loopback.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port or 80
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM) if parts.hostname else []
    except (ValueError, OSError) as error:
        raise SetupError(f"The endpoint {url!r} is no usable address: {error}", hint=_HINT) from error
    if parts.scheme != "http" or parts.username is not None or not found:
        raise SetupError(f"The endpoint {url!r} is no plain http address.", hint=_HINT)
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if outside := [address for address in addresses if not address.is_loopback]:
        raise SetupError(f"The endpoint {url!r} is not on this computer ({outside[0]}).", hint=_HINT)
    # Servers listen on IPv4 by default; one on ::1 alone is named by its address.
    address = min(addresses, key=lambda address: address.version)
    host = f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004 - IP version
    return urllib.parse.urlunsplit(("http", f"{host}:{port}", parts.path.rstrip("/"), "", ""))


def answer_schema() -> dict[str, Any]:
    """JSON schema of the answer: five strings, the operation one of a closed list, the task may be null."""
    properties: dict[str, Any] = {field.name: {"type": "string"} for field in FIELDS}
    properties["Proactive Task"] = {"type": ["string", "null"]}
    properties["Operation"] = {"type": "string", "enum": list(OPERATIONS)}
    return {
        "type": "object",
        "properties": properties,
        "required": [field.name for field in FIELDS],
        "additionalProperties": False,
    }


def parse_answer(text: str) -> tuple[Task | None, str]:
    """The first JSON object in ``text`` (models wrap it in fences and talk) as a Task, or None and the reason."""
    found = _first_object(text)
    if found is None:
        return None, "the model's answer is not JSON"
    values = {
        field.attribute: plain_value(value)[: _LIMITS[field.attribute]]
        for field in FIELDS
        if isinstance(value := found.get(field.name), str)
    }
    if values.get("task", "").lower() in {"", "null", "none"}:
        return None, "the model has nothing to offer"
    if values.get("operation") not in OPERATIONS:
        values["operation"] = OPERATIONS[0]
    try:
        return Task(**values), ""
    except ValidationError:
        return None, "the model's answer does not fit"


# What Task takes, in characters.
_LIMITS = {"task": 400, "purpose": 600, "thoughts": 1200, "response": 4000, "operation": 200}


def _first_object(text: str) -> dict[str, Any] | None:
    decoder = json.JSONDecoder(strict=False)
    start = text.find("{")
    while start >= 0:
        try:
            value, _end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return value
        start = text.find("{", start + 1)
    return None


def _content(answer: Any) -> str:
    try:
        content = answer["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        return ""
    return content if isinstance(content, str) else ""


def _usage(answer: Any, name: str) -> int:
    usage = answer.get("usage") if isinstance(answer, dict) else None
    value = usage.get(name) if isinstance(usage, dict) else 0
    return value if isinstance(value, int) else 0
