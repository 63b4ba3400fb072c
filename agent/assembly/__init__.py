"""The parts that a command needs, opened from one configuration and handed to each other."""

from agent.assembly.whole import App

__all__ = ["App"]
