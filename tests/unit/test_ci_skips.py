"""With CI=true a skipped test fails the run; without, it is a skip."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parent.parent / "conftest.py"
SKIPS = {
    "in a test": "import pytest\ndef test_it(): pytest.skip('no display')\n",
    "by mark": "import pytest\n@pytest.mark.skipif(True, reason='no display')\ndef test_it(): pass\n",
    "whole file": "import pytest\npytest.skip('no display', allow_module_level=True)\n",
}


def run_pytest(folder: Path, code: str, *, ci: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "test_it.py").write_text(code, encoding="utf-8")
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", str(folder)]
    root = str(CONFTEST.parent.parent)
    return subprocess.run(
        argv, cwd=folder, env=os.environ | {"CI": ci, "PYTHONPATH": root}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("where", SKIPS)
def test_a_skip_fails_in_ci_and_only_there(tmp_path: Path, where: str) -> None:
    in_ci = run_pytest(tmp_path, SKIPS[where], ci="true")
    assert in_ci.returncode != 0
    assert "no display" in in_ci.stdout
    assert "passed" not in in_ci.stdout
    elsewhere = run_pytest(tmp_path, SKIPS[where], ci="")
    assert elsewhere.returncode in (0, 5)  # 5 = nothing left to run
    assert "1 skipped" in elsewhere.stdout
