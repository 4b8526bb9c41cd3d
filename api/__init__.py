"""The JSON API: `docs/api.md` says how to use it, `/api/docs` shows every operation."""
