"""Before sealing secrets are replaced by `[masked:<rule>]`, and what `redact:` names is taken away; both counted."""

from agent.masking.masker import Masker
from agent.masking.redaction import ACTIONS, Redaction, Redactor

__all__ = ["ACTIONS", "Masker", "Redaction", "Redactor"]
