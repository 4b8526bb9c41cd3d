"""Advisers whom people have, or had: named by staff, or seen last."""
