"""This package beside the other chat model classes, on one emulator: ``docs/comparison.md``."""
