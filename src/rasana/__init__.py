"""Rasana: from an estate's plan to a verified electricity supply, and from a promise to the people who wait for it."""

__version__ = "0.1.0"
