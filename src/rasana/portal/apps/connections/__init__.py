"""Connection requests of both classes, their stages, papers, fees."""
