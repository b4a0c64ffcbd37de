"""Where key, address and headers come from, and what is refused before anything is sent."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from langchain_aimlapi._connection.settings import (
    BASE_VARIABLE,
    DEFAULT_BASE_URL,
    KEY_VARIABLE,
    check_base_url,
    check_headers,
    check_request_id,
    is_loopback,
    resolve_key,
    resolve_root,
)
from langchain_aimlapi._version import USER_AGENT, __version__
from langchain_aimlapi._wire.key import Key, clean_key, secret_of
from langchain_aimlapi.errors import AuthenticationError


def revealed(key: Key) -> str:
    assert isinstance(key, SecretStr)
    return key.get_secret_value()


# --- key -----


def test_the_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "from-env")
    assert revealed(resolve_key(SecretStr(" from-arg \n"))) == "from-arg"
    assert revealed(resolve_key(None)) == "from-env"
    assert revealed(resolve_key(SecretStr(""))) == "from-env"


def test_white_space_around_a_key_in_the_environment_is_no_part_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "  key-1\r\n")
    assert revealed(resolve_key(None)) == "key-1"


@pytest.mark.parametrize("value", [None, "", "   ", "\n"])
def test_no_key_is_an_error_that_names_variable_and_cure(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is not None:
        monkeypatch.setenv(KEY_VARIABLE, value)
    with pytest.raises(AuthenticationError) as caught:
        resolve_key(None)
    assert KEY_VARIABLE in str(caught.value)
    assert "aimlapi.com/app/keys" in str(caught.value)


@pytest.mark.parametrize(
    "name", ["OPENAI_API_KEY", "AIML_API_KEY", "ANTHROPIC_API_KEY", "AIMLAPI_KEY"]
)
def test_no_other_vendors_variable_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "foreign")
    with pytest.raises(AuthenticationError):
        resolve_key(None)


@pytest.mark.parametrize("bad", ["hush\nhush", "hush\x00hush", "hush hush", "hüsh", "hush\x7f"])
def test_a_key_that_no_header_may_hold_is_refused_unquoted(
    bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="copy it again") as caught:
        clean_key(bad)
    assert "sh" not in str(caught.value).replace("https", "")
    monkeypatch.setenv(KEY_VARIABLE, bad.replace("\x00", "\x01"))
    with pytest.raises(AuthenticationError, match=KEY_VARIABLE):
        resolve_key(None)


def test_a_function_is_kept_as_it_is_and_not_called() -> None:
    def give() -> str:
        raise AssertionError("not at resolution")

    assert resolve_key(give) is give
    assert secret_of(give) is None
    assert secret_of(SecretStr("abc")) == "abc"


# --- address -----


@pytest.mark.parametrize(
    ("given", "root"),
    [
        (None, "https://api.aimlapi.com"),
        ("", "https://api.aimlapi.com"),
        (DEFAULT_BASE_URL, "https://api.aimlapi.com"),
        ("https://api.aimlapi.com/", "https://api.aimlapi.com"),
        ("https://api.aimlapi.com/v2/", "https://api.aimlapi.com"),
        (" https://proxy.example/aiml/v1 ", "https://proxy.example/aiml"),
        ("https://proxy.example/v10", "https://proxy.example/v10"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_the_address_is_kept_without_its_version(given: str | None, root: str) -> None:
    assert resolve_root(given, allow_http=False) == root


def test_the_address_comes_from_the_environment_when_not_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(BASE_VARIABLE, " https://other.example/v1 ")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://evil.example")
    assert resolve_root(None, allow_http=False) == "https://other.example"
    assert resolve_root("https://mine.example", allow_http=False) == "https://mine.example"
    monkeypatch.setenv(BASE_VARIABLE, "  ")
    assert resolve_root(None, allow_http=False) == "https://api.aimlapi.com"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example",
        "x.example/v1",
        "https://",
        "file:///etc/passwd",
        "https://[::1",
        "//x",
        "https://x.example/?a=1",
        "https://x.example/#f",
        "https://x.ex ample/",
        "https://x\x7f.y/",
    ],
)
def test_an_address_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"base_url|IPv6|URL"):
        check_base_url(url, allow_http=True)


@pytest.mark.parametrize(
    "url", ["https://user:hushhush@x.example", "ftp://user:hushhush@x.example", "user:hushhush@x"]
)
def test_credentials_in_an_address_are_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="base_url") as caught:
        check_base_url(url, allow_http=False)
    assert "hushhush" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        *(("localhost", True), ("a.localhost", True), ("127.0.0.1", True), ("127.9.9.9", True)),
        *(("::1", True), ("localhost.evil.example", False), ("127.0.0.1.nip.io", False)),
        *(("0.0.0.0", False), ("10.0.0.1", False), ("2130706433", False), ("", False)),
    ],
)
def test_only_this_machine_may_be_spoken_to_in_clear(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
    url = f"http://[{host}]/v1" if ":" in host else f"http://{host or 'x'}/v1"
    if loopback:
        check_base_url(url, allow_http=False)
    else:
        with pytest.raises(ValueError, match="unencrypted"):
            check_base_url(url, allow_http=False)
    check_base_url(url, allow_http=True)


# --- headers -----


def test_headers_are_text() -> None:
    assert check_headers({"X-Count": 3, "X-A": "  a b\tc "}) == {"X-Count": "3", "X-A": "a b\tc"}


@pytest.mark.parametrize("value", ["a\r\nX-B: 1", "a\nb", "a\x00b", "a\x1bb", "é", "😀", "a\x7f"])
def test_a_value_that_could_start_another_header_is_refused_unquoted(value: str) -> None:
    with pytest.raises(ValueError, match="'X-A'") as caught:
        check_headers({"X-A": value})
    assert value not in str(caught.value)


@pytest.mark.parametrize("name", ["", "X A", "X:A", "X-A\r\n", "Ünicode"])
def test_a_name_that_is_no_header_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a valid HTTP header name"):
        check_headers({name: "1"})


@pytest.mark.parametrize("value", ["a", "A.b_c:d-9", "x" * 128])
def test_a_request_id_of_the_documented_alphabet_is_taken(value: str) -> None:
    assert check_request_id(value) == value


@pytest.mark.parametrize(
    "value", ["", "a b", "a\n", "a\r\nb", "\x00", "é", "😀", "x" * 129, "x" * 10_000, "a/b", "a,b"]
)
def test_any_other_request_id_is_refused_because_the_api_would_drop_it(value: str) -> None:
    with pytest.raises(ValueError, match="client_request_id") as caught:
        check_request_id(value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_the_user_agent_names_package_and_version() -> None:
    assert f"langchain-aimlapi/{__version__}" == USER_AGENT
