"""Open bookings of another system: from the bytes of a CSV file to bookings that can be made. docs/appointments-file.md."""
