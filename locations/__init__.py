"""Authorities, sites, resources, services, sessions and closures; when they are open; how they are brought in."""
