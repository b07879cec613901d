"""The names in a request: query parameters, and members beside a picture. A slip among them is told."""

from collections.abc import Collection, Iterable
from typing import Final

from fastapi import Request

from api.problems import Problem
from digits.errors import received

# Name of a wish to where it is taken.
_PLACES: Final = {
    "normalize": "the query",
    "explain": "the query",
    "length": "the query or the JSON body of /read",
    "fields": "the JSON body of /read",
}
_ALIKE: Final = 0.8  # of two names, by difflib's ratio: "lenght" and "fieldss" are slips, "name" and "id" not


def check_query(request: Request, *harmless: str) -> None:
    """Refuse a query parameter that is, or looks like, a wish the route does not take, or stands there twice.

    Others are somebody else's: a gateway's key, a number against caches.

    Args:
        request: it has been routed.
        harmless: parameters that the route overlooks.
    """
    if not request.scope["query_string"]:
        return
    known = [parameter.alias for parameter in request.scope["route"].dependant.query_params]
    asked = request.query_params
    for name in asked:
        if name in known:
            if len(asked.getlist(name)) > 1:
                raise _refuse_parameter(name, "A parameter may stand once")
        elif name not in harmless and _meant(name):
            raise _refuse_parameter(name, f"This route takes {', '.join(known) or 'none'}")


def check_names(names: Iterable[str], place: str, taken: Collection[str] = ()) -> None:
    """Refuse names at a place that are, or look like, those of wishes that are not `taken` there."""
    for name in names:
        if name not in taken and (meant := _meant(name)):
            wanted = f'"{meant}" goes into {_PLACES[meant]}.'
            raise Problem("invalid-body", f"{wanted} Received: {received(name)} {place}")


def _meant(name: str) -> str | None:
    if name in _PLACES:
        return name
    from difflib import get_close_matches  # noqa: PLC0415 - few requests have names of their own

    return next(iter(get_close_matches(name.lower(), _PLACES, 1, _ALIKE)), None)


def _refuse_parameter(name: str, wanted: str) -> Problem:
    detail = f"{wanted}. Received: {received(name)}"
    return Problem("invalid-query", detail, [{"parameter": name, "detail": detail}])
