"""Checks of the repository itself: lock files, translations, the set-up."""
