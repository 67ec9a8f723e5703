"""Studies of the planning engine, kept as they were made."""
