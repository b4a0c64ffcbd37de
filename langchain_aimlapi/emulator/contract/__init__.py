"""What each model takes on each path: published schemas in one compact file, and who judges by it.

``contract.json`` is made by ``generate``, the emulator's own reading of the published schemas and
of what is newer; nothing here reads the client's catalog.
"""
