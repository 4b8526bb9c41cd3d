"""A council's plan from a TOML file: read, checked as a whole, and written in one transaction.

`lines` finds where something stands in the file, `reading` turns bytes into tables, `checks` and `plan` turn tables
into a plan or into a list of mistakes (all pure), and `writing` brings the database in line with the plan.
"""
