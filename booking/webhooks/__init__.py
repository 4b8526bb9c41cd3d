"""Addresses of other programs that are told what happened, and how they know that it was us."""
