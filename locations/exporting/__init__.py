"""A council's set-up as the file that `locations.importing` reads."""
