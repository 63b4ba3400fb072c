"""The audit package: evidence, proofs and samples as one ZIP that an auditor checks without annexa."""

from agent.export.contents import Contents, Sample, Step
from agent.export.package import Written, write_package

__all__ = ["Contents", "Sample", "Step", "Written", "write_package"]
