"""The documents that people bring or send: what was seen, files that are kept, and certified copies of them."""
