"""Residents and who acts for them; staff, their roles and sign-in; keys for programs."""
