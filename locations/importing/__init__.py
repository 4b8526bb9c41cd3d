"""A council's plan from a TOML file: parsed and checked as a whole, compared with the database, and applied.

`parse_plan` makes a `council_plan` of the file, or the list of its errors; `difference` says what it would add, change and
remove; `apply` writes exactly that.
"""
