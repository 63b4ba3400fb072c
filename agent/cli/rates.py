"""Rates as people write them, 0.05 or 5%, and the options of a plan."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

import typer


def _rate(text: str | None) -> str | None:
    """Return a rate as it was written, 0.05 or 5%; the callback of the options."""
    if text is not None:
        try:
            found = rate(text)
        except (ValueError, ZeroDivisionError):
            found = Fraction(-1)
        if not 0 <= found < 1:
            raise typer.BadParameter(f"{text!r} is no rate below 1. Write 0.05 or 5%")
    return text


def rate(text: str) -> Fraction:
    """Return a rate in exact fractions."""
    return Fraction(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)


Confidence = Annotated[str | None, typer.Option("--confidence", metavar="RATE", callback=_rate,
                                                help="How sure the conclusion must be, such as 95% or 0.95.")]
Tolerable = Annotated[str | None, typer.Option("--tolerable", metavar="RATE", callback=_rate,
                                               help="The rate of deviations that would still be tolerated.")]
Expected = Annotated[str | None, typer.Option("--expected", metavar="RATE", callback=_rate,
                                              help="The rate of deviations that is expected. Default: none.")]
Allowed = Annotated[int | None, typer.Option("--allowed", metavar="N", min=0, help="Accept so many deviations, "
                                             "instead of an expected rate.")]


def planned(said: dict[str, Any], population: int | None) -> dict[str, Any]:
    """Return a plan with the size that follows; raises `ConfigurationError` where the rates make no sense."""
    from agent import sampling
    from agent.errors import ConfigurationError

    confidence, tolerable = rate(said["confidence"] or "95%"), rate(said["tolerable"])
    expected, allowed = rate(said["expected"] or "0"), said["allowed"]
    try:
        size = sampling.sample_size(confidence=confidence, tolerable=tolerable, expected=expected, allowed=allowed,
                                    population=population)
        most = sampling.acceptable(size=size, confidence=confidence, tolerable=tolerable, population=population)
    except ValueError as error:
        raise ConfigurationError(str(error), advice="See annexa sample plan --help") from error
    finite = population is not None and population <= sampling.HYPERGEOMETRIC
    return {"size": size, "population": population, "confidence": float(confidence), "tolerable": float(tolerable),
            "expected": float(expected), "allowed": allowed, "acceptable_deviations": most,
            "distribution": "hypergeometric" if finite else "binomial"}
