"""Programs of the documentation, each in a process of its own that begins with its imports done.

A process is started once, imports what the programs import, and forks for each of them: it runs as
``__main__`` from its file, alone. Where there is no fork, and with
``fresh``, a new interpreter runs it.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from tests.harness.paths import ROOT

FLAGS = ("-W", "error::ResourceWarning")
# Word in a program -> what is imported for all programs that come after.
IMPORTS = {
    "langchain_aimlapi": (
        "httpx", "uvicorn", "langchain_core.tracers.event_stream", "langchain_aimlapi.chat_models",
        "langchain_aimlapi.emulator",
    ),
    "create_agent": ("langchain.agents",),
    "litellm": ("litellm", "langchain_aimlapi.litellm_provider"),
}  # fmt: skip


class Programs:
    """Runs programs; ends with the ``with`` block."""

    def __init__(self, *, fresh: bool = False) -> None:
        self._fresh = fresh or not hasattr(os, "fork")

    def __enter__(self) -> Self:
        if not self._fresh:
            self._process = subprocess.Popen(
                [sys.executable, *FLAGS, "-m", __name__],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._fresh:
            self._process.communicate()

    def run(self, path: Path, cwd: Path = ROOT) -> str:
        """What the program prints; its errors are an `AssertionError`."""
        if self._fresh:
            done = subprocess.run(
                [sys.executable, *FLAGS, str(path)],
                cwd=cwd, capture_output=True, text=True, timeout=600, check=False,
            )  # fmt: skip
            code, printed, complaints = done.returncode, done.stdout, done.stderr
        else:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps([str(path), str(cwd)]) + "\n")
            self._process.stdin.flush()
            code, printed, complaints = json.loads(self._process.stdout.readline())
        assert code == 0, complaints[-3000:]
        return str(printed)


def _serve() -> None:
    for line in sys.stdin:
        path, cwd = json.loads(line)
        text = Path(path).read_text(encoding="utf-8")
        for word, modules in IMPORTS.items():
            if word in text:
                with contextlib.suppress(ImportError):  # the program raises it, where it needs it
                    list(map(import_module, modules))
        gc.collect()
        gc.freeze()  # what a program does not touch, it does not copy
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                _become(path, cwd, out.fileno(), err.fileno())
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            out.seek(0)
            err.seek(0)
            told = [code, out.read().decode(), err.read().decode()]
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def _become(path: str, cwd: str, out: int, err: int) -> NoReturn:
    """Be the program, as ``python path`` would be."""
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(cwd)
    sys.argv[:] = [path]
    sys.path[0] = str(Path(path).parent)
    code = 1
    try:
        runpy.run_path(path, run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            sys.stderr.write(end.code)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # taking the interpreter down costs more than the program


if __name__ == "__main__":
    _serve()
