"""Urgent requests: who answered in a triage that it cannot wait, and which member of staff has their name on it."""
