"""Evidence requirements, frameworks and crosswalks: read from YAML and CSV, linted, and asked.

`load_mapping()` gives the `Mapping`; `agent.mapping.lint` and `agent.mapping.sql` need DuckDB and are
imported by those who use them.
"""

from agent.mapping.frameworks import ISO_2013, ISO_2022, TITLES, Clause, Control, Crosswalk, Link
from agent.mapping.load import build, load_mapping, packaged_texts
from agent.mapping.mapping import Assigned, Mapping, Role
from agent.mapping.requirements import MAX_AGE, PERIODS, Parsed, parse_requirement, parse_requirements

__all__ = [
    "ISO_2013",
    "ISO_2022",
    "MAX_AGE",
    "PERIODS",
    "TITLES",
    "Assigned",
    "Clause",
    "Control",
    "Crosswalk",
    "Link",
    "Mapping",
    "Parsed",
    "Role",
    "build",
    "load_mapping",
    "packaged_texts",
    "parse_requirement",
    "parse_requirements",
]
