"""What happens on the day: who has arrived, with an appointment or without, who is called to which desk, and how it ends."""
