"""The commands: each module registers its own on the application, and imports what it needs when it runs."""
