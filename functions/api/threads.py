"""Long work leaves a server's event loop to others."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


async def aside(
    request: Request, work: Callable[Given, Answer], *given: Given.args, **named: Given.kwargs
) -> Answer:
    """Do work in a thread, and return what it returns; at once in Lambda.

    That gives an environment one request at a time, so there is nobody whom a thread would help.
    """
    if "aws.context" in request.scope:
        return work(*given, **named)
    return await run_in_threadpool(work, *given, **named)
