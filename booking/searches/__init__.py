"""Searches that ended without an appointment, counted without anything about who searched."""
