"""Writes ``models.json``, from the API's public form or from the data beside the repository."""
