"""``litellm.video_generation``: ordered, asked for, downloaded."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from litellm.llms.custom_llm import CustomLLM

from langchain_aimlapi.emulator import Fault

from .helpers import Asker, balance, charged, litellm

pytestmark = pytest.mark.slow

VEO, HORSE = "google/veo-3.1-t2v", "alibaba/happyhorse-1-1-t2v"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


def generate(ask: Asker, model: str = VEO, **more: Any) -> Any:
    given = ask.options(model, **{"prompt": "A river.", **more})
    return ask.call(litellm.video_generation, litellm.avideo_generation, given)


def here(ask: Asker) -> dict[str, Any]:
    return {"api_key": ask.api.api_key, "api_base": ask.api.base_url, "max_retries": 0}


def status(ask: Asker, video: Any) -> Any:
    given = {"video_id": video.id, **here(ask)}
    return ask.call(litellm.video_status, litellm.avideo_status, given)


def done(ask: Asker, video: Any) -> Any:
    def poll() -> Any:
        found = status(ask, video)
        return found if found.status == "completed" else None

    return ask.later(poll, 20)


def test_video_is_ordered_awaited_and_downloaded(ask: Asker) -> None:
    video = generate(ask, seconds="8", size="1280x720")
    assert ask.api.requests[-1].body == {
        "model": VEO, "prompt": "A river.", "duration": 8, "aspect_ratio": "16:9",
        "resolution": "720P",
    }  # fmt: skip
    assert (video.object, video.status, video.seconds) == ("video", "queued", "8")
    assert done(ask, video).progress == 100
    given = {"video_id": video.id, **here(ask)}
    content = ask.call(litellm.video_content, litellm.avideo_content, given)
    assert content[4:8] == b"ftyp"


def test_content_of_a_video_that_is_not_done_is_refused(ask: Asker) -> None:
    video = generate(ask)
    given = {"video_id": video.id, **here(ask)}
    with pytest.raises(litellm.BadRequestError, match="no content"):
        ask.call(litellm.video_content, litellm.avideo_content, given)


def test_charge_is_booked_with_the_order_and_never_again(ask: Asker) -> None:
    before = balance(ask.api)
    video = generate(ask, HORSE)
    finished = done(ask, video)
    assert video._hidden_params["response_cost"] == pytest.approx(charged(before, ask.api))
    assert video._hidden_params["response_cost"] > 0
    assert finished._hidden_params["response_cost"] == 0


def test_unknown_charge_is_unknown_and_not_nothing(ask: Asker) -> None:
    assert generate(ask, VEO)._hidden_params["response_cost"] is None


def test_image_begins_the_video(ask: Asker) -> None:
    generate(ask, "google/veo-3.1-i2v", input_reference=("river.png", PIXEL, "image/png"))
    assert ask.api.requests[-1].body["image_url"].startswith("data:image/png;base64,")


def test_models_own_parameters_go_along(ask: Asker) -> None:
    generate(ask, generate_audio=False, extra_body={"seed": 7})
    body = ask.api.requests[-1].body
    assert (body["generate_audio"], body["seed"]) == (False, 7)


@pytest.mark.parametrize(
    ("given", "match"),
    [({"seconds": "7"}, "it takes 4, 6, 8"), ({"size": "big"}, "no width and height")],
)
def test_what_the_model_cannot_make_is_refused_before_it_is_ordered(
    ask: Asker, given: dict[str, Any], match: str
) -> None:
    with pytest.raises(litellm.BadRequestError, match=match):
        generate(ask, **given)
    assert ask.api.requests == []


def test_order_that_may_have_been_accepted_is_not_repeated(ask: Asker) -> None:
    ask.api.fault(Fault(status=500), times=None)
    with pytest.raises(litellm.InternalServerError):
        generate(ask, max_retries=2)
    assert len(ask.api.requests) == 1


def test_unknown_video_is_not_found(ask: Asker) -> None:
    given = {"video_id": "nothing", "custom_llm_provider": "aimlapi", **here(ask)}
    with pytest.raises(litellm.NotFoundError):
        ask.call(litellm.video_status, litellm.avideo_status, given)


def test_what_the_api_does_not_have_is_said(ask: Asker) -> None:
    video = generate(ask)
    given = {"video_id": video.id, "prompt": "Snow.", **here(ask)}
    refusals = (litellm.BadRequestError, litellm.APIConnectionError)  # the latter up to 1.105
    with pytest.raises(refusals, match=r"not supported"):
        ask.call(litellm.video_remix, litellm.avideo_remix, given)


def test_other_providers_videos_are_litellms(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {"provider": "other", "custom_handler": CustomLLM()}
    monkeypatch.setattr(litellm, "custom_provider_map", [*litellm.custom_provider_map, other])
    given = {"model": "other/x", "prompt": "A river.", "custom_llm_provider": "other"}
    with pytest.raises((litellm.BadRequestError, litellm.APIConnectionError, ValueError)):
        ask.call(litellm.video_generation, litellm.avideo_generation, given)
    assert ask.api.requests == []
