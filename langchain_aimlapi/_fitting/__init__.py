"""Fitting what the user asked for to what a model takes."""
