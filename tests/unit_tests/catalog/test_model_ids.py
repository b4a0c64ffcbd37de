"""The ids that editors complete are those of the catalog, and nobody loads them at run time."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import pytest

from langchain_aimlapi.catalog import Catalog, model_ids
from langchain_aimlapi.catalog.generate import ids


def test_the_file_is_up_to_date() -> None:
    assert ids.main(["--check"]) == 0, "run python -m langchain_aimlapi.catalog.generate.ids"


def test_every_live_model_is_in_it() -> None:
    known = set(get_args(model_ids.ChatModelId))
    live = {facts.id for facts in Catalog.default().models(kind="chat")}
    assert {each for each in live if not each.startswith("test/")} <= known
    assert "text-embedding-3-large" in get_args(model_ids.EmbeddingModelId)


def test_a_file_that_is_out_of_date_is_said_to_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ids, "render", lambda catalog: "")
    assert ids.main(["--check"]) == 1
    assert "out of date" in capsys.readouterr().err


@pytest.mark.slow
def test_it_is_not_loaded_with_the_models() -> None:
    code = (
        "import sys; from langchain_aimlapi import ChatAimlapi, AimlapiEmbeddings; "
        "sys.exit('langchain_aimlapi.catalog.model_ids' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
