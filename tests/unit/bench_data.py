"""Made-up data in ProactiveBench's shape, written for the tests: who searches wants help, who scrolls does not."""

from __future__ import annotations

import json
from pathlib import Path

TOPICS = ("bread", "kites", "tents", "knots", "clocks", "lamps", "maps", "violins")


def sentence(trace: int, number: int) -> str:
    topic = TOPICS[(trace + number) % len(TOPICS)]
    if number % 3 == 1:
        return f"The user searches for 'how to mend {topic}' on Google."
    return f"The user scrolls through a page on {topic}." if number % 3 else f"The user switches to notes on {topic}."


def votes(trace: str, obs: list[dict], number: int) -> list[dict]:
    wanted = number % 3 == 1
    topic = obs[-1]["event"].split()[-1].strip(".'")
    common = {"trace": trace, "obs": obs, "help_needed": wanted}
    task = {"pred_task": f"Show how to mend {topic}", "valid": wanted, "annotation": [wanted] * 3}
    other = {"pred_task": "Offer general tips on productivity", "valid": False, "annotation": [False, False, True]}
    silence = {"pred_task": None, "valid": not wanted, "annotation": [not wanted] * 3}
    return [
        common | task | {"category": "Correct-Detection (CD)" if wanted else "False-Alarm (FA)"},
        common | other | {"category": "False-Alarm (FA)"},
        common | silence | {"category": "Missed-Need (MN)" if wanted else "Correct-Rejection (CR)"},
    ]


def write(folder: Path, real: int = 3, generated: int = 1, length: int = 6) -> Path:
    """Traces ``real_0``…, generated ones ``gen_0``…; peer ``chatty`` always answers, lacking one event."""
    for name in ("traces", "reward", "peers/chatty"):
        (folder / name).mkdir(parents=True)
    rows = []
    for place in range(real + generated):
        trace = f"real_{place}" if place < real else f"gen_{place - real}"
        obs = [{"time": str(1000.0 * place + 20 * n), "event": sentence(place, n)} for n in range(length)]
        for n in range(length):
            rows += votes(trace, obs[: n + 1], n)
        if place < real:
            events = [{"observation": row, "agent_response": {"candidate_task": []}} for row in obs]
            (folder / "traces" / f"{trace}.json").write_text(json.dumps(events), encoding="utf-8")
            said = [{**row, "agent_response": [f"Do {n}"] if n != 2 else {"none": []}} for n, row in enumerate(obs)]
            (folder / "peers" / "chatty" / f"{trace}.json").write_text(json.dumps(said[1:]), encoding="utf-8")
    cut = len(rows) - 6
    for name, part in (("train", rows[:cut]), ("test", rows[cut:])):
        (folder / "reward" / f"{name}.jsonl").write_text("\n".join(map(json.dumps, part)), encoding="utf-8")
    return folder
