"""The benchmark on the real data, which lies beside the checkout. Missing data fails: nothing here skips."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_500)]

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "proactivebench"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    if not DATA.is_dir():
        pytest.fail(f"The benchmark's data is missing: {DATA} (ProactiveBench's development part, beside the checkout)")
    out = tmp_path_factory.mktemp("results")
    argv = [sys.executable, "-m", "assistant", "bench", "proactive", "--data", str(DATA), "--quick", "--json"]
    argv += ["--out", str(out)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "proactive.json").read_text(encoding="utf-8")) == json.loads(done.stdout)
    assert "| ours |" in (out / "proactive.md").read_text(encoding="utf-8")
    assert len(list(out.glob("*.png"))) == 3
    return json.loads(done.stdout)


def test_every_event_and_every_peer_is_there(report):
    assert report["about"]["scored_events"] == sum(report["about"]["traces"].values()) == report["T1"]["ours"]["n"]
    assert len(report["about"]["peers"]) == 15
    assert set(report["about"]["peers"]) < set(report["T1"])
    assert set(report["about"]["peers"]) < set(report["T2"])


def test_the_facts_of_the_protocol_hold(report):
    """BENCH.md: the published models speak at most of the moments when nobody wanted help."""
    assert report["T1"]["always"]["f1"] == pytest.approx(0.50, abs=0.02)
    assert report["T1"]["gpt-4o"]["fpr"] > 0.95
    assert report["T1"]["activeqwen"]["fpr"] > 0.95
    assert report["T4"]["always"]["accepted_100"] == pytest.approx(0.32, abs=0.03)


def test_ours_is_quieter_than_all_and_above_the_plain_baseline(report):
    ours, peers = report["T1"]["ours"], [report["T1"][name] for name in report["about"]["peers"]]
    assert ours["fpr"] <= 0.25
    assert ours["fpr"] < min(peer["fpr"] for peer in peers)
    assert ours["auc"] > report["T1"]["ngrams"]["auc"]
    assert ours["auc"] > 0.70
    assert report["T3"]["ours"]["auc"] > 0.66
    assert report["T3"]["ours"]["ece"] <= 0.08
    assert report["T4"]["ours"]["accepted_50"] >= 0.50
    assert report["T5"]["ours"]["per_hour"] <= 1.0
    assert report["T7"]["ours"]["p95_ms"] <= 50.0
