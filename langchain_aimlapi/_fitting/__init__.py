"""Fitting a request to what a model takes."""
