"""Making a `ChatAimlapi`: its arguments, its address, its key, and what it shows of itself."""

from __future__ import annotations

import copy
import inspect
import pickle
import warnings
from typing import Any

import httpx
import pytest
from langchain_core.load import dumpd, dumps, load
from langchain_core.messages import HumanMessage
from langchain_core.runnables import ConfigurableField
from pydantic import SecretStr, ValidationError

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi.errors import AuthenticationError
from tests.unit_tests.langchain.helpers import KEY, MODEL, Wire, ask, make, stream, whole

HELLO = whole({"content": "Hello."})


# --- arguments -----


@pytest.mark.parametrize(
    ("other", "field", "value"),
    [
        ("model_name", "model", "openai/gpt-4o"),
        ("aimlapi_api_base", "base_url", "https://proxy.example.test/v1"),
        ("max_completion_tokens", "max_tokens", 7),
        ("stop_sequences", "stop", ["END"]),
        ("request_timeout", "timeout", 3.5),
    ],
)
def test_a_field_is_set_under_both_of_its_names(other: str, field: str, value: Any) -> None:
    for name in (other, field):
        arguments: dict[str, Any] = {"model": MODEL, name: value}
        if name == "model_name":
            del arguments["model"]
        assert getattr(make(**arguments), field) == value


def test_the_key_is_set_under_both_of_its_names_and_hidden() -> None:
    for name in ("api_key", "aimlapi_api_key"):
        model = make(model=MODEL, **{name: f" {KEY}\n"})
        assert isinstance(model.api_key, SecretStr)
        assert model.api_key.get_secret_value() == KEY
        assert KEY not in repr(model) + str(model)


def test_one_argument_under_two_names_is_refused() -> None:
    with pytest.raises(ValidationError, match="model and model_name are the same argument"):
        make(**{"model": MODEL, "model_name": "openai/gpt-4.1"})


def test_model_name_reads_the_model() -> None:
    assert ChatAimlapi(model=MODEL).model_name == MODEL


def test_a_model_without_a_name_is_refused() -> None:
    with pytest.raises(ValidationError, match="model"):
        ChatAimlapi()
    with pytest.raises(ValidationError, match="model"):
        ChatAimlapi(model="")


async def test_an_unknown_argument_warns_where_it_stands_and_is_sent(colour: str) -> None:
    wire = Wire(HELLO)
    with pytest.warns(UserWarning, match="'vendor_switch' is no argument of ChatAimlapi") as told:
        model = wire.model(vendor_switch=0.1)
    assert told[0].filename.endswith("helpers.py"), "the warning points at the caller"
    await ask(model, "hi", colour)
    assert wire.bodies[0]["vendor_switch"] == 0.1


async def test_an_argument_in_model_kwargs_is_sent_without_a_warning(colour: str) -> None:
    wire = Wire(HELLO)
    await ask(wire.model(model_kwargs={"vendor_switch": 0.1}), "hi", colour)
    assert wire.bodies[0]["vendor_switch"] == 0.1


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("temprature", "temperature"), ("max_token", "max_tokens"), ("steaming", "streaming"),
     ("api_keys", "api_key"), ("base_urls", "base_url")],
)  # fmt: skip
def test_a_misspelt_argument_is_refused_with_the_right_spelling(wrong: str, right: str) -> None:
    with pytest.raises(ValidationError, match=f"did you mean '{right}'"):
        make(**{"model": MODEL, wrong: 1})


def test_an_argument_given_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="given twice"):
        make(**{"model": MODEL, "vendor_switch": 1, "model_kwargs": {"vendor_switch": 2}})


@pytest.mark.parametrize(
    "arguments",
    [{"n": 0}, {"max_retries": -1}, {"max_connections": 0}, {"streaming": True, "n": 2},
     {"on_unsupported": "ignore"}, {"dialect": "openai"}, {"top_logprobs": 21}],
)  # fmt: skip
def test_an_impossible_value_is_refused_at_construction(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make(model=MODEL, **arguments)


def test_a_refused_value_shows_no_key() -> None:
    for arguments in ({"max_tokens": "many"}, {"api_key": "sk-abc def-12345678"}):
        with pytest.raises(ValidationError) as caught:
            make(**{"model": MODEL, "api_key": KEY, **arguments})
        assert KEY not in str(caught.value)
        assert "abc def" not in str(caught.value)


def test_construction_leaves_unset_fields_unset() -> None:
    # core looks at model_fields_set to decide whether `streaming` was asked for
    # (metadata and profile are set by core itself)
    assert ChatAimlapi(model=MODEL).model_fields_set - {"metadata", "profile"} == {"model"}


# --- the key -----


async def test_a_missing_key_is_an_error_at_the_first_call_that_names_the_variable(
    colour: str,
) -> None:
    wire = Wire(HELLO)
    model = wire.model(api_key=None)
    with pytest.raises(AuthenticationError, match="AIMLAPI_API_KEY") as caught:
        await ask(model, "hi", colour)
    assert "https://aimlapi.com/app/keys" in str(caught.value)
    with pytest.raises(AuthenticationError, match="AIMLAPI_API_KEY"):
        await stream(model, "hi", colour)
    assert wire.requests == []


async def test_the_key_is_read_from_the_environment_when_a_call_is_made(
    monkeypatch: pytest.MonkeyPatch, colour: str
) -> None:
    wire = Wire(HELLO)
    model = wire.model(api_key=None)
    monkeypatch.setenv("AIMLAPI_API_KEY", "sk-from-the-environment")
    await ask(model, "hi", colour)
    assert wire.requests[0].headers["authorization"] == "Bearer sk-from-the-environment"


async def test_no_variable_of_openai_is_ever_read(
    monkeypatch: pytest.MonkeyPatch, colour: str
) -> None:
    for name in ("API_KEY", "ORG_ID", "PROJECT_ID", "BASE_URL", "API_BASE", "ORGANIZATION"):
        monkeypatch.setenv(f"OPENAI_{name}", "https://foreign.example.test/secret")
    wire = Wire(HELLO)
    with pytest.raises(AuthenticationError):
        await ask(wire.model(api_key=None), "hi", colour)
    await ask(wire.model(), "hi", colour)
    [request] = wire.requests
    assert request.url.host == "api.example.test"
    assert "foreign" not in str(request.headers) + request.content.decode()


async def test_a_function_may_give_the_key_for_each_call(colour: str) -> None:
    wire = Wire(HELLO)
    keys = iter(["sk-first-key-0001", "sk-second-key-02"])
    model = wire.model(api_key=lambda: next(keys))
    await ask(model, "hi", colour)
    await ask(model, "hi", colour)
    assert [r.headers["authorization"] for r in wire.requests] == [
        "Bearer sk-first-key-0001",
        "Bearer sk-second-key-02",
    ]


# --- the address -----


@pytest.mark.parametrize(
    "given",
    [
        "https://gate.example.test",
        "https://gate.example.test/",
        "https://gate.example.test/v1",
        "https://gate.example.test/v1/",
        "https://gate.example.test/v2",
        " https://gate.example.test/v1 ",
    ],
)
async def test_an_address_is_taken_in_every_form(given: str, colour: str) -> None:
    wire = Wire(HELLO)
    await ask(wire.model(base_url=given.strip()), "hi", colour)
    assert str(wire.requests[0].url) == "https://gate.example.test/v1/chat/completions"


async def test_an_address_may_have_a_path_of_its_own(colour: str) -> None:
    wire = Wire(HELLO)
    await ask(wire.model(base_url="https://gate.example.test/ai/v1"), "hi", colour)
    assert str(wire.requests[0].url) == "https://gate.example.test/ai/v1/chat/completions"


async def test_the_address_comes_from_the_environment_and_else_is_the_real_one(
    monkeypatch: pytest.MonkeyPatch, colour: str
) -> None:
    wire = Wire(HELLO)
    model = wire.model(base_url=None)
    await ask(model, "hi", colour)
    monkeypatch.setenv("AIMLAPI_API_BASE", "https://gate.example.test/v1")
    await ask(model, "hi", colour)
    assert [r.url.host for r in wire.requests] == ["api.aimlapi.com", "gate.example.test"]


@pytest.mark.parametrize(
    "given",
    ["api.aimlapi.com", "ftp://api.aimlapi.com", "http://api.aimlapi.com/v1", "https://",
     "https://user:word@api.aimlapi.com/v1", "https://api.aimlapi.com/v1?key=x"],
)  # fmt: skip
def test_an_address_that_cannot_be_right_is_refused_at_construction(given: str) -> None:
    with pytest.raises(ValidationError, match="base_url"):
        ChatAimlapi(model=MODEL, base_url=given)


def test_plain_http_is_for_this_machine_unless_allowed() -> None:
    for given in ("http://127.0.0.1:8000/v1", "http://localhost:1/v1", "http://[::1]:2"):
        assert ChatAimlapi(model=MODEL, base_url=given).base_url == given
    away = "http://10.0.0.1/v1"
    assert ChatAimlapi(model=MODEL, base_url=away, allow_http=True).base_url == away


# --- what it shows of itself -----

SETTINGS: dict[str, Any] = {
    "model": MODEL,
    "api_key": KEY,
    "temperature": 0.5,
    "stop": ["END"],
    "default_headers": {"x-gateway-key": "gateway-secret"},
    "proxy": "http://user:proxy-secret@127.0.0.1:1",
}
SECRETS = (KEY, "gateway-secret", "proxy-secret")


def test_no_secret_is_in_any_picture_of_the_model() -> None:
    model = make(**SETTINGS)
    shown = [
        repr(model),
        str(model),
        dumps(model),
        str(model.model_dump()),
        model.model_dump_json(),
        str(model.asdict()),
        str(model._identifying_params),
        str(model._get_ls_params()),
        model._get_llm_string(),
        repr(model.bind(stop=["x"])),
    ]
    for secret in SECRETS:
        for picture in shown:
            assert secret not in picture
    assert KEY not in repr(pickle.dumps(model))


def test_a_dumped_model_loads_with_its_key_from_the_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = make(**SETTINGS)
    saved = dumpd(model)
    assert saved["id"] == ["langchain_aimlapi", "chat_models", "ChatAimlapi"]
    assert saved["kwargs"]["api_key"] == {"lc": 1, "type": "secret", "id": ["AIMLAPI_API_KEY"]}
    options: dict[str, Any] = {
        "valid_namespaces": ["langchain_aimlapi"],
        "allowed_objects": [ChatAimlapi],
    }
    loaded = _load(saved, secrets_map={"AIMLAPI_API_KEY": KEY}, **options)
    assert loaded.api_key.get_secret_value() == KEY
    assert loaded.asdict() == model.asdict()
    assert loaded._get_llm_string() == model._get_llm_string()
    monkeypatch.setenv("AIMLAPI_API_KEY", KEY)
    assert _load(saved, secrets_from_env=True, **options).api_key.get_secret_value() == KEY


def _load(saved: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # load() is marked as beta
        return load(saved, **options)


def test_tracing_parameters_are_the_standard_ones() -> None:
    model = ChatAimlapi(model=MODEL, temperature=0, max_tokens=10, stop="END")
    assert model._get_ls_params() == {
        "ls_provider": "aimlapi",
        "ls_model_type": "chat",
        "ls_model_name": MODEL,
        "ls_temperature": 0.0,
        "ls_max_tokens": 10,
        "ls_stop": ["END"],
    }
    called = model._get_ls_params(stop=["X"], model="other/model", temperature=1, max_tokens=3)
    assert called["ls_model_name"] == "other/model"
    assert called["ls_stop"] == ["X"]
    assert called["ls_temperature"] == 1.0
    assert called["ls_max_tokens"] == 3


def test_the_version_of_the_package_is_traced() -> None:
    from langchain_aimlapi import __version__

    metadata = ChatAimlapi(model=MODEL).metadata or {}
    assert metadata["lc_versions"]["langchain-aimlapi"] == __version__


# --- copies -----


@pytest.mark.parametrize("used", [False, True])
def test_a_copy_works_on_its_own(used: bool) -> None:
    wire = Wire(HELLO)
    model = wire.model(temperature=0.5)
    if used:
        model.invoke("hi")
    for twin in (copy.copy(model), model.model_copy(update={"temperature": 1.0})):
        assert twin.invoke("hi").content == "Hello."
        assert twin.http_client is model.http_client
    assert wire.bodies[-1]["temperature"] == 1.0
    assert model.temperature == 0.5


@pytest.mark.parametrize("used", [False, True])
async def test_a_deep_copy_and_a_pickle_work_on_their_own(used: bool, colour: str) -> None:
    from langchain_aimlapi.emulator import Emulator

    with Emulator().serve() as api:
        model = ChatAimlapi(model=MODEL, pickle_api_key=True, **api.settings())
        if used:
            await ask(model, "hi", colour)
        for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert twin.model == MODEL
            assert (await ask(twin, "Hello", colour)).text.startswith("Hello!")
            await _close(twin, colour)
        await _close(model, colour)


async def _close(model: ChatAimlapi, colour: str) -> None:
    if colour == "sync":
        model.close()
    else:
        await model.aclose()


def test_a_pickle_holds_the_key_only_where_it_is_asked_for() -> None:
    careful = ChatAimlapi(model=MODEL, api_key=KEY, seed=3)
    data = pickle.dumps(careful)
    assert KEY.encode() not in data
    twin = pickle.loads(data)
    assert twin.api_key is None
    assert twin.seed == 3
    assert careful.api_key is not None, "the original keeps its key"
    open_one = ChatAimlapi(model=MODEL, api_key=KEY, pickle_api_key=True)
    assert pickle.loads(pickle.dumps(open_one)).api_key.get_secret_value() == KEY


def test_a_deep_copy_keeps_the_key() -> None:
    twin = copy.deepcopy(ChatAimlapi(model=MODEL, api_key=KEY))
    assert isinstance(twin.api_key, SecretStr)
    assert twin.api_key.get_secret_value() == KEY


def test_a_model_with_its_own_client_says_why_it_cannot_be_pickled() -> None:
    with httpx.Client() as client:
        model = ChatAimlapi(model=MODEL, http_client=client)
        with pytest.raises(TypeError, match="http_client"):
            pickle.dumps(model)


# --- the cache key -----

CHANGES: list[dict[str, Any]] = [
    {"model": "openai/gpt-4.1"}, {"temperature": 0.1}, {"max_tokens": 1}, {"top_p": 0.5},
    {"top_k": 3}, {"stop": ["x"]}, {"seed": 2}, {"n": 2}, {"logprobs": True},
    {"top_logprobs": 2}, {"logit_bias": {"1": 2}}, {"presence_penalty": 1},
    {"frequency_penalty": 1}, {"reasoning": {"effort": "low"}}, {"reasoning_effort": "low"},
    {"verbosity": "low"}, {"web_search": True}, {"modalities": ["text"]},
    {"audio": {"voice": "x"}}, {"parallel_tool_calls": False}, {"service_tier": "x"},
    {"user": "u"}, {"model_kwargs": {"x": 1}}, {"extra_body": {"x": 1}},
    {"dialect": "responses"}, {"on_unsupported": "send"},
    {"base_url": "https://other.example.test"},
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_the_cache_key_differs_where_the_answer_may_differ(change: dict[str, Any]) -> None:
    plain = ChatAimlapi(model=MODEL)
    other = make(**{"model": MODEL, **change})
    assert plain._get_llm_string() != other._get_llm_string()
    if "base_url" not in change:  # it is in no dump, so that a changed dump cannot redirect a key
        assert plain._identifying_params != other._identifying_params


def test_every_parameter_of_a_request_is_in_the_cache_key_test() -> None:
    from langchain_aimlapi._langchain.params import FIELD_PARAMS

    assert set(FIELD_PARAMS) <= {name for change in CHANGES for name in change}


def test_the_cache_key_is_the_same_for_the_same_settings() -> None:
    one, two = (ChatAimlapi(model=MODEL, api_key=KEY, temperature=0.5) for _ in range(2))
    assert one._get_llm_string(stop=["x"]) == two._get_llm_string(stop=["x"])


# --- counting -----


def test_tokens_are_counted_without_a_network_for_any_model() -> None:
    from langchain_core.tools import tool

    @tool
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return city

    for name in (MODEL, "nobody/knows-this-model"):
        model = ChatAimlapi(model=name)
        assert 9 <= model.get_num_tokens("The quick brown fox jumps over the lazy dog.") <= 12
        plain = [HumanMessage("What is the weather in Paris?")]
        short = model.get_num_tokens_from_messages(plain)
        with_tool = model.get_num_tokens_from_messages(plain, tools=[get_weather])
        assert with_tool > short + 10
        picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 9999}}
        seen = HumanMessage([{"type": "text", "text": "What is the weather in Paris?"}, picture])
        assert short + 50 < model.get_num_tokens_from_messages([seen]) < short + 2000


def test_a_counter_of_ones_own_is_used() -> None:
    model = ChatAimlapi(model=MODEL, custom_get_token_ids=lambda text: list(range(len(text))))
    assert model.get_num_tokens("four") == 4
    assert model.get_num_tokens_from_messages([HumanMessage("four")]) >= 4


def test_a_profile_is_known_for_catalogued_models_and_a_copy() -> None:
    profile = ChatAimlapi(model="gpt-4o-mini").profile
    assert profile is not None
    assert profile["max_input_tokens"] == 128_000
    assert profile["tool_calling"] is True
    assert profile["image_inputs"] is True
    profile["tool_calling"] = False
    again = ChatAimlapi(model="gpt-4o-mini").profile
    assert again is not None
    assert again["tool_calling"] is True
    assert ChatAimlapi(model="nobody/knows-this-model").profile is None


def test_the_signature_begins_with_the_model() -> None:
    names = list(inspect.signature(ChatAimlapi).parameters)
    assert names[0] == "model"
    assert set(names) == set(ChatAimlapi.model_fields)


# --- the profile -----


def test_a_copy_of_another_model_has_the_profile_of_that_model() -> None:
    model = ChatAimlapi(model=MODEL, api_key=KEY)
    other = ChatAimlapi(model="claude-opus-4-5")
    assert model.profile is not None
    assert model.profile != other.profile
    assert model.model_copy(update={"model": "claude-opus-4-5"}).profile == other.profile
    assert model.model_copy(update={"temperature": 0.5}).profile == model.profile
    again: Any = pickle.loads(pickle.dumps(model))
    assert again.model_copy(update={"model": "claude-opus-4-5"}).profile == other.profile
    assert ChatAimlapi(model="an/unknown-model").profile is None


def test_a_configurable_model_has_the_profile_of_the_model_that_is_chosen() -> None:
    model: Any = ChatAimlapi(model=MODEL).configurable_fields(model=ConfigurableField(id="model"))
    chosen, _ = model.prepare({"configurable": {"model": "claude-opus-4-5"}})
    assert chosen.profile == ChatAimlapi(model="claude-opus-4-5").profile


def test_a_profile_of_the_users_own_is_kept() -> None:
    model = ChatAimlapi(model=MODEL, profile={"max_input_tokens": 10})
    assert model.model_copy(update={"model": "claude-opus-4-5"}).profile == {"max_input_tokens": 10}


def test_a_repr_is_short() -> None:
    model = ChatAimlapi(model=MODEL, temperature=0.5)
    assert len(repr(model)) < 700
    assert "max_input_tokens" not in repr(model)
    assert "mine" in repr(ChatAimlapi(model=MODEL, metadata={"mine": 1}))
