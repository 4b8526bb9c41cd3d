"""Triage before a slot: what somebody answered and asked for, and what is kept of it."""
