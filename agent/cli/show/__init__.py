"""The answers as people read them; imported by the commands that print."""

from agent.cli.show import alerts, audits, control, findings, forecast, periods, status

__all__ = ["alerts", "audits", "control", "findings", "forecast", "periods", "status"]
