"""The cost of a million predictions on Lambda, from AWS's prices and our measurements."""

import math

# US East (N. Virginia), November 2026; source: AWS Lambda and Amazon API Gateway pricing pages.
GB_SECOND = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
REQUESTS = 0.20  # dollars a million, Lambda
HTTP_API = 1.00  # dollars a million, API Gateway

COLD_SHARE = 0.01  # of the requests meet no warm copy: assumed, and on the high side for steady traffic
MILLION = 1_000_000


def per_million(memory: int, warm: float, first: float, architecture: str = "x86_64") -> float:
    """Return the dollars that Lambda bills for a million requests of one digit.

    Args:
        memory: MB of the function.
        warm: milliseconds of a warm invocation; billed in whole ones.
        first: milliseconds of a first invocation, which starts the function; billed as a whole.
        architecture: x86_64 or arm64, taken to be as fast.
    """
    billed = (1 - COLD_SHARE) * math.ceil(warm) + COLD_SHARE * math.ceil(first)
    return MILLION * billed / 1000 * memory / 1024 * GB_SECOND[architecture] + REQUESTS
