"""The package's own figures: every row with unit, source and status."""
