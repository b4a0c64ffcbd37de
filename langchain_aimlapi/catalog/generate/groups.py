"""Groups of the gateway's OpenAPI that were read in part, by hand: what was seen of each.

Source: the gateway's ``/docs-yaml`` as captured on 2026-08-30, read on 2026-11-26. None means "not
seen": there the documentation's own schema (2026-08-21) holds. What all groups have in common
stands in `blocks`, what was read whole in the transcription (`transcript`).
"""

from __future__ import annotations

from dataclasses import dataclass

EFFORT, OBJECT, THINKING, PLAIN = "reasoning_effort", "reasoning", "thinking", ""


@dataclass(frozen=True, slots=True)
class Group:
    """What was seen of one group.

    Attributes:
        ids: Its ids, as far as they are known.
        roles: Letters of the roles beside user and assistant: D(eveloper), S(ystem), T(ool).
        parts: Letters of the user's parts: t(ext), i(mage), f(ile), a(udio), v(ideo).
        tools: Whether it declares tools.
        parallel: Whether it declares ``parallel_tool_calls``.
        formats: 3: text, json_object, json_schema; 2: no json_schema; 0: no response_format.
        reasoning: Names of the reasoning parameters, joined by ``+``.
        both_limits: Both ``max_tokens`` and ``max_completion_tokens``, or the first alone.
        only: Where given, the sampling parameters that it has; the others it lacks.
        like: The id whose documented schema is the nearest, for ids that have none.
    """

    ids: tuple[str, ...]
    roles: str | None = None
    parts: str | None = None
    tools: bool | None = None
    parallel: bool | None = None
    formats: int | None = None
    reasoning: str | None = None
    both_limits: bool | None = None
    only: tuple[str, ...] | None = None
    like: str | None = None


SAMPLING = frozenset(
    {
        "temperature", "top_p", "top_k", "top_a", "min_p", "n", "stop", "seed", "logprobs",
        "top_logprobs", "logit_bias", "presence_penalty", "frequency_penalty",
        "repetition_penalty", "prediction", "echo",
    }
)  # fmt: skip
_O_SERIES = ("n", "stop", "seed")
_GPT5 = ("n", "seed")


def _ids(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GROUPS = (
    Group(
        _ids("gpt-4-turbo openai/gpt-4-turbo gpt-4-turbo-2024-04-09 "
             "openai/gpt-4-turbo-2024-04-09"),
        roles="DST", parts="tif", tools=True, formats=3, reasoning=PLAIN, both_limits=True,
        like="gpt-4o",
    ),
    Group(
        _ids("o1 openai/o1 o1-2024-12-17 openai/o1-2024-12-17 o3-mini openai/o3-mini "
             "o3-mini-2025-01-31 openai/o3-mini-2025-01-31 o3-mini-high openai/o3-mini-high"),
        roles="DST", parts="t", tools=True, parallel=False, formats=3, reasoning=EFFORT,
        only=_O_SERIES, like="o3-mini",
    ),
    Group(_ids("openai/o4-mini-2025-04-16 o4-mini-2025-04-16"), roles="DST", parts="tif",
          like="openai/o4-mini-2025-04-16"),
    Group(
        _ids("openai/gpt-5.6-luna gpt-5.6-luna openai/gpt-5.6-luna-pro openai/gpt-5.6-sol "
             "gpt-5.6-sol openai/gpt-5.6-sol-pro openai/gpt-5.6-terra gpt-5.6-terra "
             "openai/gpt-5.6-terra-pro openai/gpt-5.4-2026-03-05 gpt-5.4-2026-03-05 "
             "openai/gpt-5.5-2026-04-23 gpt-5.5-2026-04-23 openai/gpt-5-4 openai/gpt-5-5 "
             "openai/gpt-6-luna openai/gpt-6-sol openai/gpt-6-astra openai/gpt-6.1-sol"),
        tools=True, parallel=True, formats=3, reasoning=EFFORT, only=_GPT5,
        like="openai/gpt-5.6-luna",
    ),
    Group(_ids("openai/gpt-5 gpt-5 openai/gpt-5-mini gpt-5-mini openai/gpt-5-nano gpt-5-nano"),
          roles="DST", parts="tif", like="openai/gpt-5-2025-08-07"),
    Group(_ids("openai/gpt-oss-120b openai/gpt-oss-20b"), roles="DST", tools=True, parts="tf",
          formats=3, reasoning=EFFORT, both_limits=True),
    Group(_ids("bytedance/seed-1-8"), roles="ST", parts="ti"),
    Group(_ids("deepseek-reasoner deepseek/deepseek-reasoner deepseek/deepseek-r1 "
               "deepseek/deepseek-reasoner-v3.1"),
          roles="DS", tools=False, formats=0, reasoning=PLAIN, both_limits=False,
          like="deepseek/deepseek-r1"),
    Group(_ids("deepseek-chat deepseek/deepseek-chat"), roles="DST", parts="tf", tools=True,
          parallel=True, formats=2, reasoning=PLAIN),
    Group(_ids("deepseek/deepseek-v4-flash deepseek/deepseek-v4-pro deepseek-v4-flash "
               "deepseek-v4-pro"),
          tools=True, formats=2, reasoning=f"{EFFORT}+{OBJECT}",
          like="deepseek/deepseek-v4-flash"),
    Group(_ids("deepseek/deepseek-v4-pro-0813 deepseek/deepseek-v4-flash-vision-exp "
               "deepseek-v4-flash-vision-exp"),
          roles="ST", parts="t", tools=True, both_limits=True,
          like="deepseek/deepseek-v4-pro-0813"),
    Group(_ids("deepseek/deepseek-chat-v3-0324"), roles="DST", parts="tf", tools=True, formats=3,
          reasoning=PLAIN),
    Group(_ids("google/gemini-2.5-flash gemini-2.5-flash"), roles="ST", parts="tia"),
    Group(_ids("google/gemini-3-5-flash-lite google/gemini-3.5-flash-lite"), tools=True,
          parallel=True, formats=3, reasoning=EFFORT),
    Group(_ids("google/gemma-4-26b-a4b-it-maas"), tools=True, parallel=True, formats=3,
          reasoning=PLAIN),
    Group(_ids("google/gemma-4-31b-it google/gemma-4-26b-a4b-it gemma-4-26b-a4b-it"),
          tools=False, formats=3, like="google/gemma-4-31b-it"),
    Group(_ids("google/gemma-3-4b-it"), roles="", parts="tif", tools=False, formats=0,
          reasoning=PLAIN, both_limits=True),
    Group(_ids("google/gemma-3-12b-it"), roles="", parts="tif", tools=False, formats=3,
          reasoning=PLAIN, both_limits=True),
    Group(_ids("google/gemma-3-27b-it"), roles="DS", parts="tif", tools=False, formats=3,
          reasoning=PLAIN, both_limits=True),
    Group(_ids("meta/muse-glimmer-30b"), roles="DST", parts="ti", tools=True,
          reasoning=f"{EFFORT}+{OBJECT}"),
    Group(_ids("meta-llama/Llama-3.3-70B-Instruct-Turbo Qwen/Qwen2.5-7B-Instruct-Turbo"),
          roles="DST", parts="t"),
    Group(_ids("mistralai/mistral-nemo"), roles="DST", formats=3, reasoning=PLAIN),
    Group(_ids("mistralai/devstral-2512 devstral-2512"), roles="DST", parts="tf", tools=True,
          parallel=False, reasoning=PLAIN, like="mistralai/devstral-2512"),
    Group(
        _ids("glm-5.3 zhipu/glm-5.3 zhipu/glm-5-3 glm-5.2 zhipu/glm-5.2 zhipu/glm-5-2 glm-5.1 "
             "zhipu/glm-5.1 zhipu/glm-5-1 glm-5 zhipu/glm-5 glm-5-turbo z-ai/glm-5-turbo "
             "glm-5v-turbo z-ai/glm-5v-turbo"),
        roles="DST", parts="tif", tools=True, parallel=True, formats=3, reasoning=THINKING,
        only=("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed"),
        like="zhipu/glm-5.3",
    ),
    Group(_ids("alibaba/qwen3-max-instruct"), tools=True, formats=3, reasoning=PLAIN,
          both_limits=True),
    Group(_ids("minimax/minimax-m3 MiniMax-M3"), roles="DST", parts="tif", tools=True,
          parallel=True, formats=3, reasoning=OBJECT, like="minimax/minimax-m3"),
    Group(_ids("minimax/m2-1-highspeed MiniMax-M2.1-Highspeed"), tools=True, formats=3,
          reasoning=PLAIN, both_limits=False, like="minimax/m2-1-highspeed"),
    Group(_ids("minimax/m2-7-20260402 MiniMax-M2.7"), roles="ST", parts="tf",
          like="minimax/m2-7-20260402"),
    Group(_ids("moonshot/kimi-k2-6 moonshot/kimi-k2-7-code moonshot/kimi-k2-7-code-highspeed"),
          roles="ST", parts="t", both_limits=False),
    Group(_ids("baidu/ernie-4.5-vl-424b-a47b baidu/ernie-4-5-vl-424b-a47b"), roles="ST",
          tools=True, formats=3, reasoning=PLAIN, both_limits=True,
          like="baidu/ernie-4.5-vl-424b-a47b"),
    Group(_ids("baidu/ernie-5.0 ernie-5.0"), parts="tif", formats=3, reasoning=PLAIN,
          like="baidu/ernie-5.0"),
    Group(_ids("nvidia/nemotron-3-nano-30b-a3b nvidia/nemotron-3-super-120b-a12b "
               "nvidia/nemotron-3-ultra-550b-a55b nvidia/nemotron-3.5-lightning "
               "nvidia/nemotron-3.5-lightning:free nemotron-3.5-lightning:free"),
          formats=3, reasoning=OBJECT, like="nvidia/nemotron-3.5-lightning"),
    Group(_ids("nousresearch/hermes-4-405b"), parts="tf", tools=True, reasoning=PLAIN),
    Group(_ids("perplexity/sonar perplexity/sonar-pro sonar sonar-pro"), roles="S", tools=False,
          formats=3, reasoning=PLAIN, both_limits=False, like="perplexity/sonar"),
    Group(_ids("x-ai/grok-4-3 x-ai/grok-4-20-0309-non-reasoning x-ai/grok-4-20-0309-reasoning"),
          tools=True, parallel=True, formats=3, reasoning=OBJECT),
    Group(_ids("x-ai/grok-build-0-1"), roles="DST", parts="ti"),
    Group(_ids("mistral/labs-leanstral-1-5 mistral/leanstral-1-5 leanstral-1-5"), tools=True,
          parallel=True, formats=3, reasoning=PLAIN, like="mistral/labs-leanstral-1-5"),
    Group(_ids("xiaomi/mimo-v2.5 xiaomi/mimo-v2.5-pro"), roles="DST", tools=True, formats=3,
          reasoning=f"{EFFORT}+{OBJECT}"),
    Group(_ids("stepfun/step-3.7-flash"), parts="ti", tools=True, parallel=True, formats=3,
          reasoning=OBJECT, both_limits=True),
    Group(_ids("sakana/fugu-ultra sakana/sakana-namazu"), parts="tif"),
    Group(_ids("tencent/hy-mt2-1.8b tencent/hy-mt2-7b hy-mt2-7b"), tools=False, formats=0,
          reasoning=PLAIN, both_limits=True, only=("temperature", "stop"),
          like="tencent/hy-mt2-1.8b"),
    Group(_ids("tencent/hy-mt2-30b-a3b"), roles="DS", parts="t", tools=False),
    Group(_ids("thinkingmachines/inkling"), roles="DST", parts="tif", tools=True,
          reasoning=f"{EFFORT}+{OBJECT}"),
    Group(_ids("thinkingmachines/inkling-small"), parts="tif", tools=False, formats=0,
          reasoning=f"{EFFORT}+{OBJECT}", both_limits=True),
    # A tool role and tool calls were seen; whether ``tools`` is declared was not.
    Group(_ids("cohere/command-a command-a"), roles="DST", parts="tf", like="cohere/command-a"),
)  # fmt: skip
# Ids of documentation pages that are newer than the OpenAPI: the nearest older id stands in.
LATER = frozenset(
    _ids(
        "openai/gpt-6-luna openai/gpt-6-sol openai/gpt-6-astra openai/gpt-6.1-sol "
        "anthropic/claude-opus-5-5 anthropic/claude-sonnet-5-5 anthropic/claude-haiku-5-5 "
        "anthropic/claude-fable-5-1 liquid/d1-router typesafe/jev-router typesafe/jev liquid/d1 "
        "meshy/meshy-6-image-to-3d deepseek/deepseek-v4.1-flash tencent/hy4-preview "
        "alibaba/qwen3.8-flash inclusionai/ling-3.0-flash-fin moonshot/kimi-k3"
    )
)
# Only the messages of these were read: text, files and sound, with a tool role.
AUDIO_IDS = _ids(
    "openai/gpt-audio gpt-audio openai/gpt-audio-2025-08-28 gpt-audio-2025-08-28 "
    "openai/gpt-audio-mini gpt-audio-mini openai/gpt-audio-mini-2025-10-06 "
    "gpt-audio-mini-2025-10-06"
)

# Claude's own routes take both whole forms, on chat and on /v1/messages; the second generation has
# no sampling parameters. A dotted id or a ``-latest`` one is another route, with OpenAI's form
# only, and stands in the transcription.
CLAUDE_SAMPLED = _ids(
    "claude-opus-4-1-20250805 anthropic/claude-opus-4-1-20250805 claude-sonnet-4-5-20250929 "
    "anthropic/claude-sonnet-4-5-20250929 claude-haiku-4-5-20251001 "
    "anthropic/claude-haiku-4-5-20251001 claude-opus-4-5-20251101 "
    "anthropic/claude-opus-4-5-20251101 claude-opus-4-6 anthropic/claude-opus-4-6 "
    "claude-sonnet-4-6 anthropic/claude-sonnet-4-6 claude-opus-4-1-latest claude-opus-4-1 "
    "anthropic/claude-opus-4.1-20250805 claude-sonnet-4-5 claude-haiku-4-5 "
    "anthropic/claude-opus-4-5 claude-opus-4-5 anthropic/claude-sonnet-4-6-20260218"
)
CLAUDE_PLAIN = _ids(
    "claude-opus-4-7 anthropic/claude-opus-4-7 claude-opus-4-8 anthropic/claude-opus-4-8 "
    "claude-fable-5 anthropic/claude-fable-5 claude-sonnet-5 anthropic/claude-sonnet-5 "
    "claude-opus-5 anthropic/claude-opus-5 anthropic/claude-opus-5-5 anthropic/claude-sonnet-5-5 "
    "anthropic/claude-haiku-5-5 anthropic/claude-fable-5-1"
)
CLAUDE_LIKE = "anthropic/claude-opus-5"
