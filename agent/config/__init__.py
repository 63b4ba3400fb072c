"""The one configuration file: read, checked as a whole, and made into values."""

from agent.config.audits import audits, certificate, planned
from agent.config.check import references
from agent.config.effective import digest, dump
from agent.config.keeping import Masking, Retention
from agent.config.load import FILE, VARIABLE, build, find, load
from agent.config.model import (
    AUDIT_KINDS,
    CONDITIONS,
    Alerts,
    AuditDates,
    Certificate,
    Config,
    DaySpan,
    Limits,
    Mappings,
    Route,
    Schedules,
    Serve,
)
from agent.config.scopes import (
    PROVIDERS,
    AwsScope,
    AzureScope,
    Choose,
    EntraScope,
    GcpScope,
    Members,
    OrganizationScope,
    Scope,
)
from agent.config.secret import Secret

__all__ = [
    "AUDIT_KINDS",
    "CONDITIONS",
    "FILE",
    "PROVIDERS",
    "VARIABLE",
    "Alerts",
    "AuditDates",
    "AwsScope",
    "AzureScope",
    "Certificate",
    "Choose",
    "Config",
    "DaySpan",
    "EntraScope",
    "GcpScope",
    "Limits",
    "Mappings",
    "Masking",
    "Members",
    "OrganizationScope",
    "Retention",
    "Route",
    "Schedules",
    "Scope",
    "Secret",
    "Serve",
    "audits",
    "build",
    "certificate",
    "digest",
    "dump",
    "find",
    "load",
    "planned",
    "references",
]
