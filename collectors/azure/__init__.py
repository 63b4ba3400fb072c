"""Collectors of Azure."""
