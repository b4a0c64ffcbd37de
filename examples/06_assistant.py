"""An assistant that discusses a document, streamed. The conversation is kept by the API."""

from __future__ import annotations

from _where import settings

from langchain_aimlapi import AimlapiAssistant, AimlapiClient

DOCUMENT = """\
Harbour rules. 1. Boats under sail have the right of way. 2. The speed limit is 5 knots.
3. Lights are to be shown from sunset to sunrise. 4. Fees are due on the first of the month.
"""

with settings() as where:
    client = AimlapiClient(**where)
    assistant = AimlapiAssistant.create(
        model="openai/gpt-4o",
        instructions="Answer from the document alone, in one or two sentences.",
        client=client,
    )
    kept = client.files.upload(file=DOCUMENT.encode(), filename="harbour.txt")
    thread = client.threads.create(
        messages=[
            {
                "role": "user",
                "content": f"The document:\n\n{DOCUMENT}",
                "attachments": [{"file_id": kept.id, "tools": [{"type": "file_search"}]}],
            }
        ]
    )
    talk = assistant.on_thread(thread.id)
    for question in ("How fast may I go?", "And at night, what else?"):
        print(f"> {question}")
        for chunk in talk.stream(question):
            print(chunk.content, end="", flush=True)
        print("\n")
    print(f"{len(list(client.threads.messages(thread.id)))} messages in {thread.id}")
    client.assistants.delete(assistant.assistant_id)
    client.files.delete(kept.id)
