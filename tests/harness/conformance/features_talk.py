"""Features of plain talk: roles, lists, names, turns, cache marks."""

from __future__ import annotations

from langchain_core.messages import AIMessage, ChatMessage, HumanMessage, SystemMessage

from tests.harness.conformance.feature import Feature, everything, has_keys, mentions, says
from tests.harness.conformance.samples import HI, Wire, chat, responses, said, text

USER = HumanMessage("hi")
DEVELOPER = SystemMessage("Be brief.", additional_kwargs={"__openai_role__": "developer"})
MARK = {"type": "ephemeral"}
# A text can always be said where any text can: as the user's words.
AS_USER = (chat(said("user", "Be brief.\n\nhi")), responses(said("user", "Be brief.\n\nhi")))
TURNS = (
    chat(said("user", "one"), said("assistant", "two"), said("user", "three")),
    responses(said("user", "one"), said("assistant", "two"), said("user", "three")),
    chat(said("user", "one two three")),
)


def _words(*words: str) -> tuple[Wire, ...]:
    joined = " ".join(words)
    return (chat(said("user", joined)), responses(said("user", joined)))


TALK = (
    Feature("plain", [USER], says("hi"), (chat(HI), responses(HI))),
    Feature("system text", [SystemMessage("Be brief."), USER], says("Be brief.", "hi"), AS_USER),
    Feature(
        "system list",
        [SystemMessage([text("Be brief."), text("Be kind.")]), USER],
        says("Be brief.", "Be kind.", "hi"),
        _words("Be brief.", "Be kind.", "hi"),
    ),
    Feature("developer", [DEVELOPER, USER], says("Be brief.", "hi"), AS_USER),
    Feature(
        "developer as a role",
        [ChatMessage(role="developer", content="Be brief."), USER],
        says("Be brief.", "hi"),
        AS_USER,
    ),
    Feature(
        "two system messages",
        [SystemMessage("Be brief."), SystemMessage("Be kind."), USER],
        says("Be brief.", "Be kind.", "hi"),
        _words("Be brief.", "Be kind.", "hi"),
    ),
    Feature("system alone", [SystemMessage("Be brief.")], says("Be brief."), AS_USER),
    Feature(
        "system in the middle",
        [HumanMessage("one"), AIMessage("two"), SystemMessage("Be brief."), HumanMessage("three")],
        mentions("one", "two", "Be brief.", "three"),
        _words("one", "two", "Be brief.", "three"),
    ),
    Feature(
        "user list",
        [HumanMessage([text("one"), text("two")])],
        says("one", "two"),
        _words("one", "two"),
    ),
    Feature(
        "user list of strings",
        [HumanMessage(["one", "two"])],
        says("one", "two"),
        _words("one", "two"),
    ),
    Feature(
        "user list of seven",
        [HumanMessage([text(f"part {i}") for i in range(7)])],
        says(*(f"part {i}" for i in range(7))),
        _words(*(f"part {i}" for i in range(7))),
    ),
    Feature(
        "multi-turn",
        [HumanMessage("one"), AIMessage("two"), HumanMessage("three")],
        says("one", "two", "three"),
        TURNS,
    ),
    Feature(
        "two user messages",
        [HumanMessage("one"), HumanMessage("two")],
        says("one", "two"),
        _words("one", "two"),
    ),
    Feature(
        "two assistant messages",
        [USER, AIMessage("one"), AIMessage("two"), HumanMessage("three")],
        says("hi", "one", "two", "three"),
        _words("hi", "one", "two", "three"),
    ),
    Feature(
        "assistant first",
        [AIMessage("one"), HumanMessage("two")],
        says("one", "two"),
        _words("one", "two"),
    ),
    Feature(
        "assistant last",
        [USER, AIMessage("Once upon")],
        says("hi", "Once upon"),
        _words("hi", "Once upon"),
    ),
    Feature(
        "assistant list",
        [USER, AIMessage([text("one"), text("two")]), HumanMessage("three")],
        mentions("hi", "one", "two", "three"),
        _words("hi", "one", "two", "three"),
    ),
    Feature(
        "assistant refusal",
        [USER, AIMessage("", additional_kwargs={"refusal": "No way."}), HumanMessage("three")],
        says("hi", "No way.", "three"),
        _words("hi", "No way.", "three"),
    ),
    Feature(
        "empty answer",
        [HumanMessage("one"), AIMessage(""), HumanMessage("two")],
        says("one", "two"),
        _words("one", "two"),
    ),
    Feature(
        "user name", [HumanMessage("hi", name="ann b.")], mentions("ann", "hi"), _words("ann", "hi")
    ),
    Feature(
        "assistant name",
        [USER, AIMessage("one", name="bot"), HumanMessage("two")],
        mentions("hi", "one", "two", "bot"),
        (
            chat(HI, said("assistant", "one", name="bot"), said("user", "two")),
            responses(HI, said("assistant", "one", name="bot"), said("user", "two")),
        ),
        droppable=True,  # a framework writes it, so nobody has to hear that it found no place
    ),
    Feature(
        "system name",
        [SystemMessage("Be brief.", name="boss"), USER],
        says("Be brief.", "hi"),
        AS_USER,
    ),
    Feature(
        "cache mark on system text",
        [SystemMessage([text("Be brief.", cache_control=MARK)]), USER],
        everything(says("Be brief.", "hi"), has_keys(cache_control=MARK)),
        (
            chat(said("system", [text("Be brief.", cache_control=MARK)]), HI),
            chat(HI, system=[text("Be brief.", cache_control=MARK)]),
        ),
    ),
    Feature(
        "cache mark on user text",
        [HumanMessage([text("hi", cache_control=MARK)])],
        everything(says("hi"), has_keys(cache_control=MARK)),
        (chat(said("user", [text("hi", cache_control=MARK)])),),
    ),
    Feature(
        "answer of our own, v1",
        [
            USER,
            AIMessage(
                [{**text("one"), "index": 0, "annotations": []}],
                response_metadata={"output_version": "v1"},
            ),
            HumanMessage("two"),
        ],
        says("hi", "one", "two"),
        _words("hi", "one", "two"),
    ),
    Feature(
        "messages as dictionaries",
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}],
        says("Be brief.", "hi"),
        AS_USER,
    ),
    Feature("white space", [HumanMessage("  hi \n")], says("hi"), (chat(HI), responses(HI))),
    Feature(
        "empty user text between",
        [USER, AIMessage("one"), HumanMessage(""), HumanMessage("two")],
        says("hi", "one", "two"),
        _words("hi", "one", "two"),
    ),
    Feature("lone surrogate", [HumanMessage("a\ud83d b")], says("a"), _words("a", "b")),
    Feature(
        "vendor's own block",
        [HumanMessage([text("hi"), {"type": "hologram", "hologram": {"x": "1"}}])],
        everything(says("hi"), has_keys(type="hologram")),
        (chat(said("user", [text("hi"), {"type": "hologram", "hologram": {"x": "1"}}])),),
    ),
)
