"""Writes the generated parts of the docs: `python docs/generate.py`."""

from pathlib import Path

from agent.mapping import load_mapping
from agent.mapping.table import controls_page, kinds_table

HERE = Path(__file__).parent
BEGIN, END = "<!-- kinds: generated -->\n", "<!-- end of kinds -->\n"


def main() -> None:
    (HERE / "controls.md").write_text(controls_page(load_mapping()), encoding="utf-8")
    page = HERE / "mappings.md"
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n{kinds_table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
