"""Keep the model in `st.cache_resource`, and hand the text of its stream to `st.write_stream`.

`st.write_stream(model.stream(talk))` writes a model's pieces as they are; where their content is a
list of blocks (`output_version="v1"`), the text has to be taken out of them, as it is here.
"""

import streamlit as st
from langchain.agents import create_agent

from langchain_aimlapi import ChatAimlapi
from tests.harness.frameworks.kit import api, calls, get_weather, run


@st.cache_resource
def agent():
    """One agent, and one pool of connections, for all sessions."""
    return create_agent(ChatAimlapi(model="openai/gpt-4o"), [get_weather])


def pieces(talk):
    """The text of an answer while it comes."""
    for chunk, _ in agent().stream({"messages": talk}, stream_mode="messages"):
        if chunk.type == "AIMessageChunk":
            yield chunk.text


talk = st.session_state.setdefault("talk", [])
for message in talk:
    st.chat_message(message["role"]).write(message["content"])
if question := st.chat_input("Your question"):
    talk.append({"role": "user", "content": question})
    st.chat_message("user").write(question)
    answer = st.chat_message("assistant").write_stream(pieces(talk))
    talk.append({"role": "assistant", "content": answer})

# --- checks -----

from streamlit.testing.v1 import AppTest

from langchain_aimlapi.emulator import Say, ToolUse
from tests.harness.frameworks.rows import ROWS, words

KIT = "from tests.harness.frameworks.kit import get_weather\n"
MINE = words(next(row for row in ROWS if row.name == "streamlit"))[1]
THEIRS = MINE.replace("langchain_aimlapi", "langchain_openai").replace("ChatAimlapi", "ChatOpenAI")


def tools(page: str) -> None:
    st.cache_resource.clear()
    api.say(Say(calls=(ToolUse("get_weather", {"city": "Oslo"}),)))
    api.say("It rains in Oslo.")
    shown = AppTest.from_string(KIT + page, default_timeout=60).run()
    shown.chat_input[0].set_value("What is the weather in Oslo?").run()
    assert not shown.exception, shown.exception
    assert calls == ["Oslo"]
    assert shown.markdown[-1].value == "It rains in Oslo."
    shown.chat_input[0].set_value("And then?").run()  # the script runs anew, with the same agent
    assert not shown.exception, shown.exception
    assert len(shown.markdown) == 4
    roles = [each["role"] for each in api.requests[-1].body["messages"]]
    assert roles == ["user", "assistant", "user"]


def stream(page: str) -> None:
    made = "ChatAimlapi" if page is MINE else "ChatOpenAI"
    plain = f"""
import streamlit as st
from {"langchain_aimlapi" if page is MINE else "langchain_openai"} import {made}
from tests.harness.frameworks.kit import in_pieces
model = {made}(model="openai/gpt-4o")
st.session_state.whole = st.write_stream(model.stream("Say a sentence."))
in_pieces(chunk.text for chunk in model.stream("Say a sentence."))
"""
    shown = AppTest.from_string(plain, default_timeout=60).run()
    assert not shown.exception, shown.exception
    assert shown.markdown[-1].value == shown.session_state.whole
    assert "emulated answer" in shown.session_state.whole


run(
    ours=lambda: MINE,
    peer=lambda: THEIRS,
    tools=tools,
    stream=stream,
    packages=["streamlit", "langchain", "langchain-openai"],
)
