"""The availability engine: pure functions from plans and bookings to slots. Begin with `engine`."""
