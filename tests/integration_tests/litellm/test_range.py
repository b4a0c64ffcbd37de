"""The supported range of LiteLLM: the lowest version, one in the middle, the newest.

Run where ``AIMLAPI_LITELLM_RANGE`` is set: each version is installed from the package index into a
folder that shadows the installed one, and the other tests of this folder run with it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).parent
LOWEST = "1.100.0"
"""Below it a stream's real charge is lost (1.93.0) and bare OpenAI names go to OpenAI (1.91.0)."""
MIDDLE, NEWEST = "1.105.0", "1.110.2"
WANTED = os.environ.get("AIMLAPI_LITELLM_RANGE", "")
BESIDE = ("semver",)
"""What the proxy of a version needs and that of the installed one does not."""
# These start several proxies each, or one process for every example.
LEFT_OUT = ("test_range.py", "test_fleet.py", "test_team_keys.py", "test_page.py")


def test_documentation_names_the_versions_that_are_tested() -> None:
    page = (ROOT / "docs" / "litellm.md").read_text(encoding="utf-8")
    door = (ROOT / "langchain_aimlapi" / "litellm_provider.py").read_text(encoding="utf-8")
    for version in (LOWEST, MIDDLE, NEWEST):
        assert version in page
        assert version in door


def test_lowest_tested_version_is_the_lowest_that_may_be_installed() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'"litellm>=([\d.]+)', text)
    assert found is not None
    wanted = [int(part) for part in LOWEST.split(".")]
    declared = [int(part) for part in found.group(1).split(".")]
    assert wanted[: len(declared)] == declared


@pytest.mark.peer
@pytest.mark.parametrize("version", [LOWEST, MIDDLE, NEWEST])
@pytest.mark.skipif(not WANTED, reason="installs other versions: set AIMLAPI_LITELLM_RANGE=1")
def test_all_tests_pass_with(version: str, tmp_path: Path) -> None:
    folder = tmp_path / version
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder)]
    subprocess.run([*install, f"litellm=={version}", *BESIDE], check=True, timeout=300)
    path = os.pathsep.join([str(folder), str(ROOT)])
    ignored = [f"--ignore={HERE / name}" for name in LEFT_OUT]
    command = [sys.executable, "-m", "pytest", str(HERE), "-q", "--tb=short", "-m", "not table"]
    done = subprocess.run(
        [*command, *ignored],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, "AIMLAPI_LITELLM_RANGE": ""},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout[-4000:]
