"""Collectors of AWS: one population, one file; a file's name is its id."""
