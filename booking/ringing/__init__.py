"""Who is ringing whom: several agents work one list, and nobody is rung by two of them."""
