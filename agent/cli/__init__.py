"""The command line (design section 9): words, tables and exit statuses; no rules, and nothing slow at start."""

from agent.cli.edge import main

__all__ = ["main"]
