"""What messages cost a council, which kinds it has switched off, and trials of two plans of reminders."""
