"""What had to be left out or changed so that a model takes a request.

`Notes` is handed to a dialect's ``build``. What the model does not take is reported there, and the
user's ``on_unsupported`` decides:

========== ============================= ===========================
policy     what the contract forbids     what it does not mention
========== ============================= ===========================
``warn``   left out or fitted, a warning sent, a warning
``drop``   left out or fitted            left out
``error``  an error before it is sent    an error before it is sent
``send``   sent as written               sent as written
========== ============================= ===========================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from langchain_aimlapi._fitting.callers import warn_caller
from langchain_aimlapi.errors import UnsupportedFeatureError, UnsupportedParameterWarning

OnUnsupported = Literal["warn", "error", "send", "drop"]

CURE = "leave it out of the call, or set on_unsupported='send' to send it all the same"


class Adaptation(NamedTuple):
    """One thing that goes out otherwise than it was written."""

    name: str
    """The parameter or feature: ``"temperature"``, ``"messages.image"``."""
    text: str
    """What was done, why, and what can be done about it."""


class Notes:
    """Collects the adaptations of one request; ``lost`` names those that left something out.

    ``written`` has the user's own name of a parameter, where it is not the neutral one.
    """

    __slots__ = ("adaptations", "lost", "model", "policy", "written")

    def __init__(
        self, model: str, policy: OnUnsupported = "warn", written: Mapping[str, str] | None = None
    ) -> None:
        self.model = model
        self.policy = policy
        self.written = written or {}
        self.adaptations: list[Adaptation] = []
        self.lost: set[str] = set()

    def name_of(self, parameter: str) -> str:
        """A parameter's name as the user wrote it."""
        return self.written.get(parameter, parameter)

    def unsupported(self, name: str, change: str, why: str, cure: str = CURE) -> bool:
        """Report that the model does not take ``name``; True where it shall go out all the same.

        Args:
            name: The parameter or feature, e.g. ``"temperature"``.
            change: What was done about it, e.g. ``"temperature=0.2 was left out"``.
            why: The reason, e.g. ``"the model has no such parameter"``.
            cure: What the user can do.

        Raises:
            UnsupportedFeatureError: the policy is ``"error"``.
        """
        if self.policy == "send":
            return True
        shown = self.name_of(name)
        if self.policy == "error":
            raise UnsupportedFeatureError(
                f"{self.model} does not take {shown}: {why}",
                advice="leave it out, choose another model, or set on_unsupported='warn'",
                model=self.model,
                field=shown,
            )
        self.adaptations.append(Adaptation(shown, f"{change}: {why}; {cure}"))
        self.lost.add(name)
        return False

    def unlisted(self, name: str, written: str) -> bool:
        """Report what the model's contract does not mention; True where it goes out, for only the
        API knows whether it takes it.

        Args:
            name: The parameter.
            written: The parameter with its value, as the user wrote it.

        Raises:
            UnsupportedFeatureError: the policy is ``"error"``.
        """
        shown = self.name_of(name)
        if self.policy == "error":
            raise UnsupportedFeatureError(
                f"{self.model} does not mention {shown} among its parameters",
                advice="leave it out, choose another model, or set on_unsupported='warn'",
                model=self.model,
                field=shown,
            )
        if self.policy == "warn":
            why = "the documentation of the model does not mention it, so it may have no effect"
            text = f"{written} was sent although {why}; set on_unsupported='drop' to leave it out"
            self.adaptations.append(Adaptation(shown, text))
        return self.policy != "drop"

    def impossible(self, name: str, why: str, advice: str | None = None) -> UnsupportedFeatureError:
        """An error for what cannot be sent in any form (it would lose the user's content)."""
        return UnsupportedFeatureError(
            f"{self.model} does not take {name}: {why}",
            advice=advice,
            model=self.model,
            field=name,
        )

    def adapted(self, name: str, change: str, why: str | None = None) -> None:
        """Report a change that keeps the meaning but that a user may want to know about."""
        if self.policy != "send":
            self.adaptations.append(Adaptation(name, f"{change}: {why}" if why else change))

    def trial(self) -> Notes:
        """Fresh notes for an attempt that may be given up; see `absorb`."""
        return Notes(self.model, self.policy, self.written)

    def absorb(self, trial: Notes) -> None:
        """Take over what an attempt has noted: it is the one that is sent."""
        self.adaptations += trial.adaptations
        self.lost |= trial.lost

    def warn(self, seen: set[tuple[str, str]]) -> None:
        """Warn the user at their own line of code, of each thing once for a model.

        Args:
            seen: (model, name) pairs that were warned of before; extended here.
        """
        if self.policy == "drop":
            return
        for name, text in self.adaptations:
            if (self.model, name) not in seen:
                seen.add((self.model, name))
                warn_caller(f"{self.model}: {text}", UnsupportedParameterWarning)


def short(value: object) -> str:
    """A value for a message, bounded."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
