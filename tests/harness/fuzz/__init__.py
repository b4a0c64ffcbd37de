"""``make fuzz``: random search over every public parser and converter.

    python -m tests.harness.fuzz [--seconds 300] [--target PATTERN] [--jobs 2] [--found build/fuzz]

A target draws a JSON value from random bytes and checks what the package makes of it: a result or
an error of the package's own tree, the same however the bytes are cut, nothing lost. Where atheris
is installed, coverage guides the search; elsewhere it is random and mutates what it drew before.

A value that breaks something is printed and written to the folder of ``--found``. Put its line into
``tests/data/finds.jsonl``: the tests play every line there, in every run.
"""
