"""Estates, phases, blocks, plots, units, trades, guilds; figures with their sources; the map; search."""
