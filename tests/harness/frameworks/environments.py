"""One virtual environment a framework, made once, and a program run in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from langchain_aimlapi.emulator import Emulator
from tests.harness.frameworks.rows import Row
from tests.harness.paths import ROOT

INSTALL_SECONDS = 1_800
RUN_SECONDS = 900
# Nothing may report to anybody, and LiteLLM must not fetch its price list.
QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "CREWAI_TESTING": "true",
    "OTEL_SDK_DISABLED": "true",
    "DEEPEVAL_TELEMETRY_OPT_OUT": "YES",
    "RAGAS_DO_NOT_TRACK": "true",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
    "LANGSMITH_TRACING": "false",
    "HF_HUB_OFFLINE": "1",
}
Result = dict[str, Any]


def prepare(row: Row, cache: Path) -> Path:
    """The interpreter of a framework's environment. Raises RuntimeError with pip's last words."""
    home = cache / row.module
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = home / "ready"
    if ready.exists() and ready.read_text(encoding="utf-8") == repr(row.needs):
        return python
    uv = shutil.which("uv")  # ten times as quick where it is there
    _work([sys.executable, "-m", "venv", *(["--without-pip"] if uv else []), str(home)])
    pip = (
        [uv, "pip", "install", "--python", str(python)]
        if uv
        else [str(python), "-m", "pip", "install", "--no-compile"]
    )
    ours = [] if row.alone else ["--editable", f"{ROOT}[litellm,emulator]"]
    _work([*pip, "--quiet", *ours, *row.needs])
    ready.write_text(repr(row.needs), encoding="utf-8")
    return python


def _work(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise RuntimeError(lines[-1] if lines else f"{command[0]} ended with {done.returncode}")


def play(row: Row, python: Path, log: Path) -> Result:
    """What a program found. Its output is kept beside the environment."""
    command = [str(python), "-m", f"tests.harness.frameworks.programs.{row.module}"]
    env = {**os.environ, **QUIET, "PYTHONPATH": str(ROOT)}
    if not row.alone:
        return _play(command, env, ROOT, log)
    with Emulator().serve() as api:
        del env["PYTHONPATH"]
        env |= {"AIMLAPI_API_KEY": api.api_key, "AIMLAPI_API_BASE": api.base_url}
        return _play([str(python), "-P", str(row.path)], env, log.parent, log)


def _play(command: list[str], env: dict[str, str], home: Path, log: Path) -> Result:
    done = subprocess.run(
        command,
        cwd=home,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=RUN_SECONDS,
    )
    log.write_text(done.stdout, encoding="utf-8")
    for line in reversed(done.stdout.splitlines()):
        if line.startswith("RESULT "):
            found: Result = json.loads(line.removeprefix("RESULT "))
            return found
    last = [line for line in done.stdout.splitlines() if line.strip()]
    return {"failed": last[-1][:300] if last else f"ended with {done.returncode}"}
