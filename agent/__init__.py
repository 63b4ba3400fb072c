"""annexa: the agent that collects, seals and weighs ISO/IEC 27001 evidence."""

__version__ = "0.1.0"
