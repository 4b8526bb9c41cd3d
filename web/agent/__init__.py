"""The agent's screen: one page for a call, from the search box to the reference that is read back."""
