"""`python -m agent.cli` is `annexa`."""

from agent.cli import main

main()
