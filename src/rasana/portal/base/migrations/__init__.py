"""Tables of the base."""
