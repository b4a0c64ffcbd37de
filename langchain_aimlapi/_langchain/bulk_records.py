"""The folder in which a bulk run keeps its answers: files of JSON lines that are only added to."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from langchain_aimlapi import errors
from langchain_aimlapi._langchain.bulk_values import json_to_value, value_to_json
from langchain_aimlapi._langchain.json_lines import ends_with_a_line, objects_in

_ABOUT = "run.json"


@dataclass(frozen=True, slots=True)
class Record:
    """The answer of one input.

    Attributes:
        value: What the chain gave.
        usage: Token counts of its calls, by model.
        usd: What they cost, in US dollars; None where the API did not say.
    """

    value: object
    usage: Mapping[str, Mapping[str, object]]
    usd: float | None


def record_to_line(key: str, record: Record) -> str:
    """One line of a file; the key comes first."""
    fields = {
        "key": key,
        "usage": record.usage,
        "usd": record.usd,
        "value": value_to_json(record.value),
    }
    return json.dumps(fields)  # ASCII: a lone surrogate of an answer is no obstacle


def line_to_record(line: str) -> Record:
    """What `record_to_line` wrote."""
    fields = json.loads(line)
    return Record(json_to_value(fields["value"]), fields["usage"], fields["usd"])


class PartFile:
    """The file of one part of the inputs, and what it holds already: a worker that does the part
    of another one, which was killed, goes on where that one was.

    Args:
        path: The file; None: nothing is kept.
    """

    def __init__(self, path: Path | None) -> None:
        self.known = dict(_lines(path)) if path is not None else {}
        self._file: int | None = None
        if path is None:
            return
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        if not ends_with_a_line(path):
            os.write(self._file, b"\n")  # after the half line of a machine that lost its power

    def append(self, line: str) -> None:
        """Keep a line. It is written in one piece: killing this process cannot cut it."""
        if self._file is not None:
            os.write(self._file, line.encode("ascii") + b"\n")

    def close(self) -> None:
        """Have the machine write everything to its disk."""
        if self._file is not None:
            os.fsync(self._file)
            os.close(self._file)
            self._file = None


@dataclass(frozen=True, slots=True)
class Records:
    """All files of a run. Every worker must be able to write to the folder.

    Args:
        folder: Where they are; None: nothing is kept.
    """

    folder: str | None = None

    def begin(self, chain: str) -> None:
        """Make the folder, for the chain with this fingerprint.

        Raises:
            InvalidRequestError: it holds the answers of another chain.
        """
        if self.folder is None:
            return
        folder = Path(self.folder)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            about = json.loads((folder / _ABOUT).read_text(encoding="ascii"))
        except FileNotFoundError:
            _write(folder / _ABOUT, json.dumps({"version": 1, "chain": chain}))
            return
        if about.get("chain") != chain:
            raise errors.InvalidRequestError(
                f"the folder {self.folder} holds answers of another model, prompt or chain",
                advice="use another folder, or delete this one to pay for all answers again",
            )

    def part(self, keys: Sequence[str]) -> PartFile:
        """The file of the inputs with these keys."""
        if self.folder is None:
            return PartFile(None)
        name = hashlib.sha256("".join(keys).encode()).hexdigest()[:32]
        return PartFile(Path(self.folder) / f"{name}.jsonl")

    def all(self) -> dict[str, str]:
        """Every line of every file by its key."""
        if self.folder is None:
            return {}
        files = sorted(Path(self.folder).glob("*.jsonl"))
        return {key: line for path in files for key, line in _lines(path)}


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """(key, line) of each whole line."""
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return
    for line, fields in objects_in(text):
        if isinstance(fields.get("key"), str):
            yield fields["key"], line


def _write(path: Path, text: str) -> None:
    """The whole file or none of it."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="ascii")
    beside.replace(path)
