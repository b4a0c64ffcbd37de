"""A LiteLLM proxy configuration from the catalog: explicit models, stable ids, fallbacks.

LiteLLM lists no model behind a wildcard, gives deployments without an id a hash of their
parameters (so that cooldowns in Redis are lost with every change), and does not know which models
are alike. Nothing here imports litellm or opens a connection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from langchain_aimlapi._connection.settings import KEY_VARIABLE, check_base_url
from langchain_aimlapi._fitting.callers import warn_caller
from langchain_aimlapi._litellm import MODES
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.advice import ending_notice, withdrawn_error
from langchain_aimlapi.catalog.capabilities import capabilities
from langchain_aimlapi.catalog.facts import Facts
from langchain_aimlapi.catalog.nearest import hint

HANDLER = "langchain_aimlapi.litellm_provider.handler"
REFRESHING_HANDLER = "langchain_aimlapi.litellm_provider.refreshing_handler"
TEAM_AUTH, TEAM_BOOKS = (
    "langchain_aimlapi.litellm_team.check",
    "langchain_aimlapi.litellm_team.books",
)
PREFERENCES = {
    "latency": "langchain_aimlapi.litellm_provider.prefer_fast",
    "price": "langchain_aimlapi.litellm_provider.prefer_cheap",
}
MAX_FALLBACKS = 3
# written down, since LiteLLM 1.100 with redis-py 8 finds none of them in the environment
_REDIS = {name: f"os.environ/REDIS_{name.upper()}" for name in ("host", "port", "password")}
KINDS = tuple(kind for kind in MODES if kind not in ("responses", "messages"))
"""Kinds of models that LiteLLM routes here; ``chat`` is every model that chats."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which models a configuration has, and how they are reached.

    Attributes:
        models: Ids; where given, exactly these, in this order.
        capabilities: Words of the catalog that must all hold (``tools``, ``images``, ...).
        vendors: Any of these.
        kinds: Any of `KINDS`.
        keys: Environment variables with keys; each gives every model one more deployment.
        api_base: Another address, or None.
        redis: Share cooldowns, usage and the answer cache between workers and machines.
        prefer: ``latency`` or ``price``: steer among the deployments of a group; None: off.
        group: Put all models into one group of this name, as equivalents.
        fallbacks: Name fallbacks by family.
        spellings: Every spelling of a model, not only one.
        refresh: Read prices and models again every hour, in the background.
        database: Virtual keys, teams and spend in Postgres (``DATABASE_URL``).
        team: Keys with budgets, where ``AIMLAPI_TEAM`` says: a file (and Redis), or Postgres.
    """

    models: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ("chat",)
    keys: tuple[str, ...] = (KEY_VARIABLE,)
    api_base: str | None = None
    redis: bool = False
    prefer: str | None = None
    group: str | None = None
    fallbacks: bool = True
    spellings: bool = False
    refresh: bool = False
    database: bool = False
    team: bool = False


def build_config(choice: Choice, catalog: Catalog | None = None) -> dict[str, Any]:
    """The configuration as plain values.

    Raises:
        ValueError: no model fits, one that was named is not served, or a word that is unknown.
    """
    catalog = catalog or Catalog.default()
    _check(choice, catalog)
    chosen = choose_models(choice, catalog)
    if not chosen:
        raise ValueError("no live model fits; see the command `models`")
    config: dict[str, Any] = {
        "model_list": [
            deployment for facts in chosen for deployment in _deployments(facts, choice)
        ],
        "litellm_settings": _litellm_settings(choice),
        "router_settings": _router_settings(chosen, choice),
        "general_settings": _general_settings(choice),
        "files_settings": [
            {"custom_llm_provider": "aimlapi", "api_key": f"os.environ/{choice.keys[0]}"}
        ],
    }
    return config


def _check(choice: Choice, catalog: Catalog) -> None:
    vendors = {facts.vendor for facts in catalog.models(status=None) if facts.vendor}
    for what, words, known in (("kind", choice.kinds, KINDS), ("vendor", choice.vendors, vendors)):
        for word in words:
            if word not in known:
                raise ValueError(f"there is no {what} {word!r}{hint(word, known)}")
    for name in choice.keys:
        if not re.fullmatch(r"[A-Za-z_]\w*", name):  # a key itself must not get into a file
            raise ValueError("a key is named by its environment variable, such as AIMLAPI_API_KEY")
    if choice.api_base and not choice.api_base.startswith("os.environ/"):
        check_base_url(choice.api_base, allow_http=True)


# --- which models -----


def choose_models(choice: Choice, catalog: Catalog) -> list[Facts]:
    """The models, sorted by id where they are not named one by one."""
    if choice.models:
        return [_named(name, catalog) for name in choice.models]
    wanted = {"chat": ("chat", "responses", "messages")}
    kinds = {k for kind in choice.kinds for k in wanted.get(kind, (kind,))}
    found = [
        facts
        for facts in catalog.models(capability=choice.capabilities)
        if facts.kind in kinds
        and facts.kind in MODES
        and (not choice.vendors or facts.vendor in choice.vendors)
        and not facts.id.startswith("#")
    ]
    return found if choice.spellings else one_spelling(found)


def _named(name: str, catalog: Catalog) -> Facts:
    facts = catalog.find(name)
    gone, notice = withdrawn_error(facts), ending_notice(facts)
    if gone is not None:
        raise ValueError(f"{gone.message}" + (f"; {gone.advice}" if gone.advice else ""))
    if notice is not None:
        warn_caller(f"{name}: {notice}", UserWarning)
    if not facts.known:
        near = ", ".join(catalog.nearest(name))
        raise ValueError(
            f"{name} is not in the catalog" + (f"; did you mean {near}?" if near else "")
        )
    if facts.kind not in MODES:
        raise ValueError(f"{name} is a model for {facts.kind}, which LiteLLM does not route here")
    return facts


def one_spelling(models: Iterable[Facts]) -> list[Facts]:
    """One id of each model: many stand in the catalog with and without vendor, dash or dot.
    The listed one wins, then the one with a vendor, then the shortest. A dated one is a model of
    its own, which may have another price."""
    best: dict[str, Facts] = {}
    for facts in models:
        maker, slash, rest = facts.id.partition("/")
        name = rest if slash and (facts.vendor or "").startswith(maker) else facts.id
        key = re.sub(r"[._]", "-", name.lower())
        if key not in best or _rank(facts) < _rank(best[key]):
            best[key] = facts
    return sorted(best.values(), key=lambda facts: facts.id)


def _rank(facts: Facts) -> tuple[bool, bool, int, str]:
    return (facts.status != "listed", "/" not in facts.id, len(facts.id), facts.id)


_DATE = re.compile(r"-(20\d{2}-?\d{2}-?\d{2}|20\d{6}|\d{4}|latest)$")


@lru_cache(maxsize=2048)
def plain_name(model: str) -> str:
    """A model's name without vendor, date and punctuation: equal for spellings of one model."""
    name = model.rsplit("/", 1)[-1].lower()
    while (cut := _DATE.sub("", name)) != name:
        name = cut
    return re.sub(r"[._]", "-", name)


@lru_cache(maxsize=2048)
def family_words(model: str) -> tuple[str, ...]:
    """The words of a name, in order: ``claude``, ``opus``, ``4``, ``8``."""
    return tuple(re.findall(r"[a-z]+|\d+", plain_name(model)))


def alike(facts: Facts, others: Iterable[Facts], n: int = MAX_FALLBACKS) -> list[Facts]:
    """Up to ``n`` models to fall back to: of the same vendor and family, able to do at least as
    much with tools, images and schemas, the most alike first."""
    words = family_words(facts.id)
    needed = capabilities(facts) & {"tools", "images", "structured_output", "pdf", "embeddings"}
    ranked: list[tuple[int, str, Facts]] = []
    for other in others:
        if other.vendor != facts.vendor:
            continue
        shared = _shared(words, family_words(other.id))
        if (
            shared
            and MODES.get(other.kind or "") == MODES.get(facts.kind or "")
            and plain_name(other.id) != plain_name(facts.id)
            and needed <= capabilities(other)
        ):
            ranked.append((-shared, other.id, other))
    return [other for _, _, other in sorted(ranked, key=lambda row: row[:2])[:n]]


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


# --- the parts of a configuration -----


def _deployments(facts: Facts, choice: Choice) -> Iterable[dict[str, object]]:
    base = {"api_base": choice.api_base} if choice.api_base else {}
    for place, variable in enumerate(choice.keys):
        suffix = f"-{place + 1}" if len(choice.keys) > 1 else ""
        yield {
            "model_name": choice.group or facts.id,
            "litellm_params": {
                "model": f"aimlapi/{facts.id}",
                "api_key": f"os.environ/{variable}",
                **base,
            },
            "model_info": {"id": f"aimlapi-{_slug(facts.id)}{suffix}", **_model_info(facts)},
        }


def _slug(model: str) -> str:
    """An id in letters, digits, dots and dashes; ``a/b/c`` and ``a/b-c`` stay different."""
    vendor, *rest = (re.sub(r"[^a-z0-9.]+", "-", x).strip("-") for x in model.lower().split("/"))
    return "-".join([vendor, "--".join(rest)] if rest else [vendor])


def _model_info(facts: Facts) -> dict[str, object]:
    info: dict[str, object] = {"mode": MODES[facts.kind or "chat"]}
    if facts.context:
        info["max_input_tokens"] = facts.context
    if facts.max_output:
        info["max_output_tokens"] = facts.max_output
    return info


def _litellm_settings(choice: Choice) -> dict[str, object]:
    settings: dict[str, Any] = {
        "custom_provider_map": [
            {
                "provider": "aimlapi",
                "custom_handler": REFRESHING_HANDLER if choice.refresh else HANDLER,
            }
        ]
    }
    callbacks = [PREFERENCES[choice.prefer]] if choice.prefer else []
    if choice.team:
        callbacks.append(TEAM_BOOKS)
    if callbacks:
        settings["callbacks"] = callbacks
    if choice.redis:
        settings |= {"cache": True, "cache_params": {"type": "redis", **_REDIS}}
    return settings


def _router_settings(chosen: Sequence[Facts], choice: Choice) -> dict[str, object]:
    settings: dict[str, Any] = {
        "routing_strategy": "simple-shuffle",
        "num_retries": 2,
        "cooldown_time": 30,
    }
    if choice.redis:
        settings |= {f"redis_{name}": value for name, value in _REDIS.items()}
    if not choice.fallbacks or choice.group:
        return settings
    family = {facts.id: alike(facts, chosen) for facts in chosen}
    settings["fallbacks"] = [
        {name: [other.id for other in others]} for name, others in family.items() if others
    ]
    longer = {
        facts.id: [o.id for o in family[facts.id] if (o.context or 0) > (facts.context or 0)]
        for facts in chosen
        if facts.context
    }
    settings["context_window_fallbacks"] = [
        {name: others} for name, others in longer.items() if others
    ]
    return {name: value for name, value in settings.items() if value != []}


def _general_settings(choice: Choice) -> dict[str, Any]:
    settings = {"master_key": "os.environ/LITELLM_MASTER_KEY"}
    if choice.database:
        settings["database_url"] = "os.environ/DATABASE_URL"
    if choice.team:
        settings["custom_auth"] = TEAM_AUTH
    return settings


# --- YAML -----

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def to_yaml(value: object, indent: int = 0) -> str:
    """Plain values as YAML. Strings that YAML could take for something else are quoted."""
    pad = " " * indent
    lines: list[str] = []
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(item, Mapping | list) and item:
                lines += [f"{pad}{_scalar(key)}:", to_yaml(item, indent + 2)]
            else:
                lines.append(f"{pad}{_scalar(key)}: {_scalar(item)}")
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, Mapping) and item:
                body = to_yaml(item, indent + 2)
                lines.append(f"{pad}- {body.lstrip()}")
            else:
                lines.append(f"{pad}- {_scalar(item)}")
    return "\n".join(lines)


def _scalar(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def write(choice: Choice, catalog: Catalog | None = None) -> str:
    """The configuration as the text of a file."""
    head = (
        "# A LiteLLM proxy with AI/ML API, written by `litellm-config` of langchain_aimlapi.\n"
        "# Start it with: litellm --config config.yaml\n"
    )
    return f"{head}{to_yaml(build_config(choice, catalog))}\n"
