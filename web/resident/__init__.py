"""The resident's pages: find a time, hold it, book it; see, move or cancel what is booked."""
