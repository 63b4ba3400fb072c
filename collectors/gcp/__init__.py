"""Collectors of Google Cloud."""
