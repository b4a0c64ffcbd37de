"""What the API publishes, as facts that lie in this repository: schemas, models, recorded answers.

``tests/data/published.jsonl`` holds the facts, each value that stands in several places once; and
``tests/data/recordings`` the form of recorded answers and streams with words of our own. Tests read
both through `published`, which unpacks them into one folder.

    python -m tests.harness.digest --openapi FOLDER     the facts, from the API's own OpenAPI
    python -m tests.harness.digest --source FOLDER      both, from a copy of the documentation data
    python -m tests.harness.digest --source FOLDER --check      write nothing, compare only

The API prints its OpenAPI without a key: ``GET /docs-json?model=<id>&endpoint=<type>`` for one
model, ``GET /docs-yaml`` for all of them; the files of its documentation have the same form. Save
what you want to test against into a folder, with the answer of ``GET /v1/models`` as ``--models``.
"""
