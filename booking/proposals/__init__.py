"""Other times that are put to people, and the wishes for earlier times that some of them answer."""
