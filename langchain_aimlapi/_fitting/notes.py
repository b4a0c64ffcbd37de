"""What had to be left out or changed so that a model takes a request.

`Notes` is handed to a dialect's ``build``. What the model does not take is reported there, and the
user's ``on_unsupported`` decides: ``"warn"`` leaves it out (or maps it) and says so once,
``"error"`` raises before anything is sent, ``"send"`` sends it as written.
"""

from __future__ import annotations

import warnings
from typing import Any, Literal

from langchain_aimlapi.errors import UnsupportedFeatureError, UnsupportedParameterWarning

OnUnsupported = Literal["warn", "error", "send"]


class Notes:
    """Collects adaptations of one request."""

    __slots__ = ("model", "policy", "told")

    def __init__(self, model: str, policy: OnUnsupported = "warn") -> None:
        self.model = model
        self.policy = policy
        self.told: list[tuple[str, str]] = []

    def unsupported(self, name: str, said: str) -> bool:
        """Report that the model does not take ``name``; True where it shall go out all the same.

        Args:
            name: The parameter or feature, e.g. ``"temperature"`` or ``"messages.image"``.
            said: What was done about it, e.g. ``"temperature=0.2 was left out"``.

        Raises:
            UnsupportedFeatureError: the policy is ``"error"``.
        """
        if self.policy == "send":
            return True
        if self.policy == "error":
            raise UnsupportedFeatureError(
                f"{self.model} does not take {name}",
                advice="leave it out, choose another model, or set on_unsupported='warn'",
                model=self.model,
                field=name,
            )
        self.told.append((name, said))
        return False

    def impossible(self, name: str, why: str, advice: str | None = None) -> UnsupportedFeatureError:
        """An error for what can not be sent in any form (it would lose the user's content)."""
        return UnsupportedFeatureError(
            f"{self.model} does not take {name}: {why}",
            advice=advice,
            model=self.model,
            field=name,
        )

    def adapted(self, name: str, said: str) -> None:
        """Report a change that keeps the meaning but that a user may want to know about."""
        if self.policy != "send":
            self.told.append((name, said))

    def warn(self, seen: set[tuple[str, str]], stacklevel: int) -> None:
        """Tell the user, each thing once for a model.

        Args:
            seen: (model, name) pairs that were told before; extended here.
            stacklevel: How many callers above this one the user stands, as `warnings.warn` counts.
        """
        for name, said in self.told:
            if (self.model, name) not in seen:
                seen.add((self.model, name))
                text = f"{self.model}: {said}"
                warnings.warn(text, UnsupportedParameterWarning, stacklevel=stacklevel)


def short(value: Any) -> str:
    """A value for a message, bounded."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
