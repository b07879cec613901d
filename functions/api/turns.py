"""Where a request's work is done: at once, or in a thread while a server hears others."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool

Rest = ParamSpec("Rest")
Answer = TypeVar("Answer")

INLINE_BYTES = 16_384  # of a body: a drawn digit takes less time than a thread's start


async def work_on(
    request: Request,
    body: bytes,
    work: Callable[Concatenate[bytes, Rest], Answer],
    *rest: Rest.args,
    **named: Rest.kwargs,
) -> Answer:
    """Return work(body, …), done in a thread where it takes long and others may be waiting.

    Lambda gives an environment one request at a time, so there a thread would help nobody.
    """
    if len(body) > INLINE_BYTES and "aws.context" not in request.scope:
        return await run_in_threadpool(work, body, *rest, **named)
    return work(body, *rest, **named)
