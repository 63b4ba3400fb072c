"""The one place where a collector is called: plan what is due, run it, seal what came of it."""

from agent.run.allocator import settle
from agent.run.engine import Engine
from agent.run.execute import Context, Progress, Result
from agent.run.lanes import Bounds
from agent.run.plan import Facts, Last, Planner
from agent.run.scopes import Connected, Provider, connect

__all__ = [
    "Bounds",
    "Connected",
    "Context",
    "Engine",
    "Facts",
    "Last",
    "Planner",
    "Progress",
    "Provider",
    "Result",
    "connect",
    "settle",
]
