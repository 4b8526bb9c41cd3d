"""Invitations: somebody is asked in for a service, and picks the time by a link of their own."""
