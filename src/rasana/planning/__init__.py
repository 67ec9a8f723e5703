"""Engineering of the supply of one estate. Pure: arrays in, arrays out; no files but its own tables, no clock."""
