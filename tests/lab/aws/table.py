"""Services told by small functions of (estate, parameters, context), gathered by name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tests.lab.aws.answers import Context, Handler
from tests.lab.estate import Estate

Params = dict[str, Any]
Teller = Callable[[Estate, Params, Context], Any]


class Table:
    """Handlers of one or several services: `@table.on("rds.describe_db_instances")`."""

    def __init__(self) -> None:
        self.tellers: dict[str, Teller] = {}

    def on(self, *names: str) -> Callable[[Teller], Teller]:
        """Register a function under the names of its operations."""

        def keep(teller: Teller) -> Teller:
            self.tellers.update(dict.fromkeys(names, teller))
            return teller

        return keep

    def answers(self, estate: Estate) -> dict[str, Handler]:
        """Return the handlers for an estate."""
        return {name: functools.partial(teller, estate) for name, teller in self.tellers.items()}
