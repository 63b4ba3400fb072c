"""Collectors of Microsoft Entra: one population, one file."""
