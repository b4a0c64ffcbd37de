"""Semantic search: embeddings in a LangChain vector store."""

from __future__ import annotations

from _where import settings
from langchain_core.documents import Document
from langchain_core.vectorstores import InMemoryVectorStore

from langchain_aimlapi import AimlapiEmbeddings

NOTES = {
    "harbour": "The harbour closes at ten. Boats under sail have the right of way.",
    "garden": "Tomatoes want sun and water in the morning, and no wet leaves.",
    "bakery": "Bread needs time: flour, water, salt, and a cold night for the dough.",
    "museum": "The museum is free on Sundays; the tower has 243 steps.",
}

with settings() as where:
    embeddings = AimlapiEmbeddings(model="text-embedding-3-small", **where)
    store = InMemoryVectorStore(embeddings)
    store.add_documents(
        [Document(text, id=name, metadata={"name": name}) for name, text in NOTES.items()]
    )
    for question in ("When does the harbour close?", "flour and water for bread"):
        print(f"> {question}")
        for document, score in store.similarity_search_with_score(question, k=2):
            print(f"  {score:.2f}  {document.metadata['name']}: {document.page_content}")
    retriever = store.as_retriever(search_kwargs={"k": 1})
    print([found.metadata["name"] for found in retriever.invoke("steps of the tower")])
