"""Secrets in configuration values are replaced by `[masked:<rule>]` before sealing, and counted by rule."""

from agent.masking.masker import Masker

__all__ = ["Masker"]
