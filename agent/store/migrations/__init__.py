"""How the catalog came to its shape, one revision after the other."""
