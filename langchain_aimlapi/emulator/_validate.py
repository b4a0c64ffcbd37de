"""Refuses what the published schema of a model refuses, in the API's words (400)."""

from __future__ import annotations

from collections.abc import Iterable

from langchain_aimlapi.emulator._core import Json, Refusal, kind_of
from langchain_aimlapi.emulator._models import WITHDRAWN, Model
from langchain_aimlapi.emulator._state import State
from langchain_aimlapi.emulator.contract.schema import Issue

MAX_ISSUES = 8


def refuse(issues: Iterable[Issue | str]) -> None:
    """Raises the 400 for a body that does not fit, if there is any issue."""
    found = [issue for _, issue in zip(range(MAX_ISSUES), issues, strict=False)]
    if found:
        raise Refusal(400, issues=found)


def find_model(state: State, body: Json, path: str) -> Model:
    """The model that a body names. Raises `Refusal`: 400 without one, 404 for an unknown one."""
    name = body.get("model")
    if not isinstance(name, str) or not name:
        wrong = "undefined" if "model" not in body else kind_of(name)
        refuse([Issue("model", f"Expected string, received {wrong}")])
    model = state.models.find(str(name))
    if model is None:
        raise Refusal(404, f"The model '{name}' does not exist or you do not have access to it.")
    if model.status == WITHDRAWN:
        other = model.row.get("replaced_by")
        hint = f" Use '{other}' instead." if other else ""
        raise Refusal(404, f"The model '{name}' is deprecated and no longer available.{hint}")
    if model.takes and path not in model.takes:
        raise Refusal(400, f"Model {name} is not available on {path}")
    return model


def check(state: State, model: Model, path: str, body: Json) -> None:
    """Refuses a body that the model's schema does not take."""
    refuse(state.models.issues(model, path, body))
