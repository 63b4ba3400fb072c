"""Answers parsed strictly: botocore takes half a JSON document for an empty answer, which is no answer at all.

A body that cannot be parsed becomes `{"message": ...}` there, and so a list without items and
without a next page. Errors keep that leniency: a proxy's HTML page is still an error.
"""

from __future__ import annotations

from typing import Any

import orjson
from botocore import parsers

from agent.clients.aws.moments import moment


class _Strict:
    """Mixed into botocore's parsers of JSON; one instance parses one answer."""

    _lenient = False

    def _do_error_parse(self, response: Any, shape: Any) -> Any:
        self._lenient = True
        return super()._do_error_parse(response, shape)  # type: ignore[misc]  # the parser beside the mix-in has it

    def _parse_body_as_json(self, body: bytes) -> Any:
        if not body:
            return {}
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            # The standard library's parser takes what orjson refuses: NaN, lone surrogates.
            parsed = super()._parse_body_as_json(body)  # type: ignore[misc]  # as above
            if self._lenient or set(parsed) != {"message"} or not body.startswith(parsed["message"][:64].encode()):
                return parsed
            raise parsers.ResponseParserError(f"the answer is no JSON ({error})") from None


class _Json(_Strict, parsers.JSONParser):  # type: ignore[misc]  # botocore ships no types
    pass


class _RestJson(_Strict, parsers.RestJSONParser):  # type: ignore[misc]  # botocore ships no types
    pass


class StrictParsers(parsers.ResponseParserFactory):  # type: ignore[misc]  # botocore ships no types
    """The parsers of a session: strict about JSON, times straight to UTC."""

    def __init__(self) -> None:
        super().__init__()
        self.set_parser_defaults(timestamp_parser=moment)

    def create_parser(self, protocol_name: str) -> Any:
        """Return the parser of one answer."""
        strict = {"json": _Json, "rest-json": _RestJson}.get(protocol_name)
        return strict(**self._defaults) if strict else super().create_parser(protocol_name)
