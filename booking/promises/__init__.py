"""What a council promises of a service: how soon there is a free time, and how soon after it people are seen."""
