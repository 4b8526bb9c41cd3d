"""Whoever is asked to confirm, and does not, gives the time back: when they are asked, and when it is taken."""
