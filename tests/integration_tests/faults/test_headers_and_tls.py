"""What leaves as a header is checked, and who is spoken to over TLS is verified."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path
from shutil import which
from typing import Any
from uuid import UUID

import pytest

from langchain_aimlapi.errors import AimlapiError, APIConnectionError
from tests.harness.faults.families import PROMPT
from tests.harness.faults.helpers import make_model
from tests.harness.faults.raw_server import Hub, Script
from tests.harness.faults.wire import JSON_OK, SSE_OK, answer, completion

pytestmark = pytest.mark.usefixtures("any_transport")

BAD_IDS = {
    "CR LF": "a\r\nX-Evil: 1",
    "LF": "a\nX-Evil: 1",
    "NUL": "a\0b",
    "emoji": "id-🙂",
    "space": "a b",
    "too long": "x" * 10_000,
    "empty": "",
    "slash": "a/b",
}


@pytest.mark.parametrize("value", BAD_IDS.values(), ids=BAD_IDS.keys())
@pytest.mark.parametrize("way", ["header", "call"])
def test_a_bad_client_request_id_is_refused_or_cleaned_never_a_second_header(
    raw_hub: Hub, value: str, way: str
) -> None:
    with raw_hub.serve([JSON_OK]) as server:
        try:
            if way == "header":
                model = make_model(server, default_headers={"X-Client-Request-Id": value})
                model.invoke(PROMPT)
            else:
                model = make_model(server)
                model.invoke(PROMPT, client_request_id=value)
        except (ValueError, AimlapiError):
            assert not server.requests  # refused clearly, before anything was sent
            return
        model.close()
        sent = server.requests[0].header("x-client-request-id")
        assert sent is not None
        assert 0 < len(sent) <= 128
        assert all(char.isascii() and (char.isalnum() or char in "._:-") for char in sent)
        assert all(name != "x-evil" for name, _ in server.requests[0].headers)


def test_every_request_carries_a_client_request_id_of_the_allowed_alphabet(raw_hub: Hub) -> None:
    with raw_hub.serve([JSON_OK, SSE_OK]) as server:
        model = make_model(server)
        run = UUID("12345678-1234-5678-1234-567812345678")
        model.invoke(PROMPT, {"run_id": run})
        list(model.stream(PROMPT, {"run_id": run}))
        model.close()
        sent = [request.header("x-client-request-id") for request in server.requests]
        assert sent[0] == str(run)
        assert all(value and len(value) <= 128 for value in sent)


@pytest.mark.parametrize("name", ["X Bad", "X:Bad", "X\r\nEvil", "", "Ü"])
def test_a_header_name_that_is_none_is_refused(raw_hub: Hub, name: str) -> None:
    with raw_hub.serve([JSON_OK]) as server:
        with pytest.raises((ValueError, AimlapiError)):
            make_model(server, default_headers={name: "x"}).invoke(PROMPT)
        assert not server.requests


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\0b", "a\nb"])
def test_a_header_value_that_would_start_a_line_is_refused_unseen(raw_hub: Hub, value: str) -> None:
    with raw_hub.serve([JSON_OK]) as server:
        with pytest.raises((ValueError, AimlapiError)) as caught:
            make_model(server, default_headers={"X-Team": "s3cret" + value}).invoke(PROMPT)
        assert "s3cret" not in str(caught.value)
        assert not server.requests


# --- TLS -----


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate that nobody has signed."""
    tool = which("openssl")
    if tool is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    path = tmp_path / "cert.pem"
    subprocess.run(
        [tool, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path, "-out",
         tmp_path / "own.pem"],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    path.write_text(path.read_text() + (tmp_path / "own.pem").read_text())
    return path


def _context(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_an_unknown_certificate_is_named_and_not_tried_again(
    raw_hub: Hub, certificate: Path
) -> None:
    with raw_hub.serve(Script((JSON_OK,), tls=_context(certificate))) as server:
        retries: list[Any] = []
        model = make_model(
            server,
            base_url=server.url.replace("http:", "https:") + "/v1",
            on_retry=retries.append,
        )
        for call in (model.invoke, lambda text: list(model.stream(text))):
            with pytest.raises(APIConnectionError, match=r"(?i)certificate") as caught:
                call(PROMPT)
            assert not caught.value.is_retryable
        model.close()
        assert retries == []
        assert not server.requests


def test_a_certificate_that_the_environment_trusts_is_accepted(
    raw_hub: Hub, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.parent / "own.pem"))
    with raw_hub.serve(Script((JSON_OK,), tls=_context(certificate))) as server:
        model = make_model(server, base_url=server.url.replace("http:", "https:") + "/v1")
        model.invoke(PROMPT)
        model.close()
        assert len(server.requests) == 1


async def test_cookies_are_not_kept_for_the_next_call(raw_hub: Hub, colour: str) -> None:
    cookie = "Set-Cookie: who=somebody; Path=/"
    with raw_hub.serve(Script((answer(completion(), cookie),))) as server:
        models = [make_model(server, api_key=key) for key in ("sk-one", "sk-two")]
        for model in models:  # they share their connections
            if colour == "sync":
                model.invoke("a")
            else:
                await model.ainvoke("a")
        keys = [request.header("authorization") for request in server.requests]
        assert keys == ["Bearer sk-one", "Bearer sk-two"]
        assert [request.header("cookie") for request in server.requests] == [None, None]
        model.close()
        await model.aclose()
