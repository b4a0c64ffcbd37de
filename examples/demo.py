"""`make demo`: a question, answered token by token, then what it cost."""

from __future__ import annotations

from _where import settings

from langchain_aimlapi import ChatAimlapi

QUESTION = "Why is the sky blue? Explain it in three sentences."

with settings() as where:
    model = ChatAimlapi(model="openai/gpt-4o", **where)
    print(f"You:  {QUESTION}\nModel: ", end="", flush=True)
    whole = None
    for chunk in model.stream(QUESTION):
        print(chunk.text, end="", flush=True)
        whole = chunk if whole is None else whole + chunk
    assert whole is not None
    assert whole.usage_metadata is not None
    about = whole.response_metadata
    usage = whole.usage_metadata
    print(
        f"\n\nmodel          {about['model_name']}"
        f"\ntokens         {usage['input_tokens']} in, {usage['output_tokens']} out"
        f"\ncost           {about['cost']:.6f} USD ({about['cost_details']['credits']} credits)"
        f"\nfinish reason  {about['finish_reason']}"
        f"\ninference id   {about['inference_id']}"
        f"\nrequest id     {about['client_request_id']}"
    )
