"""The benchmarks' S3 endpoint with faults by key, and a log of what it was asked."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from benchmarks.bulk.storage import Answer, Request, Storage, refusal, serving


@dataclass(frozen=True)
class Fault:
    """One answer that is not the object: an error of S3's, or a body that is late or breaks off."""

    status: int = 200
    code: str = ""  # S3's name of the error
    message: str = "Access Denied"  # S3's words to it
    late: float = 0.0  # seconds until the first byte
    share: float = 1.0  # of the body that is sent before the connection closes


@dataclass
class S3Server(Storage):
    """An endpoint whose answers can be faulty; paths are `bucket/key`."""

    faults: dict[str, list[Fault]] = field(default_factory=dict)  # by path; each is played once
    asked: Counter[str] = field(default_factory=Counter)  # requests by `METHOD path`
    targets: list[str] = field(default_factory=list)  # of the requests, as they came

    def answer(self, request: Request) -> Answer:
        """Play the next fault of the object, or get or put it."""
        self.targets.append(request.target)
        self.asked[f"{request.method} {request.path}"] += 1
        fault = self.faults[request.path].pop(0) if self.faults.get(request.path) else Fault()
        answer = (
            refusal(fault.status, fault.code, fault.message)
            if fault.status != 200
            else super().answer(request)
        )
        return replace(answer, late=fault.late, share=fault.share)


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Serve on a loopback port, from a thread, as long as the context lasts."""
    server = S3Server()
    with serving(server):
        yield server
