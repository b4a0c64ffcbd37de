"""Headers: hostile ones from the server are borne, hostile ones to the server never leave."""

from __future__ import annotations

from ..cases import Family, failure
from ..wire import completion, dump, fails, http

FAMILY = Family("headers")
BODY = dump(completion())
COST = ("nan", "inf", "-1", "abc", "", "1e999", "9" * 500)

for value in COST:
    shown = value[:5] or "empty"
    FAMILY.whole(f"usd spent {shown}", [http(BODY, 200, f"x-aimlapi-usd-spent: {value}")])
    FAMILY.whole(f"credits used {shown}", [http(BODY, 200, f"x-aimlapi-credits-used: {value}")])
FAMILY.whole("an inference id of 10,000 characters", [http(BODY, 200, "x-a: " + "i" * 10_000)])
FAMILY.whole("an id beyond ASCII", [http(BODY, 200, "x-client-request-id: ½🙂")])
FAMILY.whole("ids twice", [http(BODY, 200, "x-client-request-id: a", "x-client-request-id: b")])
FAMILY.whole("cookies", [http(BODY, 200, "Set-Cookie: a=b; Path=/", "Set-Cookie: c")])
FAMILY.both(
    "an error with ids beyond ASCII",
    [fails(404, "No", "x-client-request-id: ½", "Set-Cookie: a=b")],
    failure("ModelNotFoundError", 404),
)
