"""Triage before a slot: the trees of questions of a council, with what each answer leads to."""
