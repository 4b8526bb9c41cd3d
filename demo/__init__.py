"""Demo data: councils like those that published their figures, and a synthetic one of any size. Deterministic.

Everything is drawn from generators seeded by name; the clock only decides which dates it falls on.
"""
