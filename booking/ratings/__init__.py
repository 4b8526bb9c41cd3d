"""How people found their visit: two questions, answered without a name, and the figures of them."""
