"""What changed in a council's set-up: by whom, when, what before and after."""
