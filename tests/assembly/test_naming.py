"""Every configuration that we hand out, its commented examples as well, names what there is."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.assembly import naming
from agent.config import load
from agent.config.model import Config
from agent.config.template import PROVIDERS, template
from agent.mapping import Mapping, load_mapping
from agent.registry import Registry

ROOT = Path(__file__).parents[2]
BASE = "organization: Example Ltd\ntimezone: UTC\n"
ENVIRON = dict.fromkeys(("ANNEXA_ALERT_URL", "SLACK_URL"), "slack://a/b/c") | {"ANNEXA_EXTERNAL_ID": "an-id"}
NEEDED = {
    "aws": {}, "azure": {"tenant": "a.example"}, "entra": {"tenant": "a.example"}, "gcp": {"parent": "projects/p-1"},
}
SAMPLES = [path for path in sorted((ROOT / "config").glob("*.yaml")) if path.name != "compose.yaml"]


@cache
def there_is() -> tuple[Registry, Mapping]:
    return Registry.load(), load_mapping()


def wrong(folder: Path, text: str) -> list[str]:
    """Return the lines on the names in a text, and its warnings."""
    secret = folder / "secret"
    secret.write_text("slack://a/b/c\n")
    file = folder / "annexa.yaml"
    file.write_text(re.sub(r"\$\{file:[^}]*\}", f"${{file:{secret}}}", text))
    config = load(file, ENVIRON)
    return [*(one.line() for one in naming.mistakes(config, *there_is())), *config.warnings]


def opened(text: str) -> str:
    """Return a file with its commented examples in force."""
    lines = text.splitlines()
    keys = ("certificate:", "audits:", "alerts:", "schedules:", "owners:")
    return "\n".join(line[2:] if line.startswith(("#   ", *(f"# {key}" for key in keys))) else line for line in lines)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_samples(tmp_path: Path, path: Path) -> None:
    assert wrong(tmp_path, path.read_text()) == []


def test_the_charts_values(tmp_path: Path) -> None:
    values = yaml.safe_load((ROOT / "config" / "chart" / "values.yaml").read_text())
    assert wrong(tmp_path, yaml.safe_dump(values["config"])) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_init_writes_and_its_commented_examples(tmp_path: Path, provider: str) -> None:
    text = template({"organization": "Example Ltd", **NEEDED[provider]}, provider)
    assert wrong(tmp_path, text) == []
    whole = opened(text)
    assert "\nowners:\n" in whole
    assert "\nschedules:\n" in whole
    assert wrong(tmp_path, whole) == []


def pages() -> list[Any]:
    """Return each part of a configuration that a page shows."""
    found = []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)):
            said = yaml.safe_load(block)
            if isinstance(said, dict) and said.keys() <= Config.__dataclass_fields__.keys():
                found.append(pytest.param(block, id=f"{page.name}-{number}"))
    return found


@pytest.mark.parametrize("block", pages())
def test_pages(tmp_path: Path, block: str) -> None:
    assert wrong(tmp_path, block if "organization: " in block else BASE + block) == []
