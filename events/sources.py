"""Events as the HTTP sources of Lambda send them: API Gateway, function URLs and load balancers.

Each maker takes a body as text, or as bytes, which the sources hand over in base64; `members` replace the
event's own.
"""

import base64
from typing import Any, Final

JSON: Final = "application/json"

Event = dict[str, Any]


def http_v2(
    method: str, path: str, body: str | bytes | None = None, content_type: str = JSON, **members: object
) -> Event:
    """Return an HTTP API event, payload format 2.0."""
    headers = {"accept": "*/*", "host": "api.example.com", "x-forwarded-proto": "https"}
    if body is not None:
        headers |= {"content-type": content_type, "content-length": str(_size(body))}
    packed = {"isBase64Encoded": False} if body is None else _body(body)
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "curl",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1793534400000,
        },
        **packed,
        **members,
    }


def mapping_key(
    method: str, path: str, body: str | bytes | None = None, content_type: str = JSON, **members: object
) -> Event:
    """Return an HTTP API's event from a domain with a mapping key, which stands in the path alone."""
    event = http_v2(method, path, body, content_type)
    route = f"{method} /{path.split('/', 2)[2]}"
    event["headers"]["host"] = "digits.example.com"
    event["requestContext"] |= {
        "domainName": "digits.example.com",
        "domainPrefix": "digits",
        "routeKey": route,
    }
    return event | {"routeKey": route, **members}


def named_stage(
    method: str, path: str, body: str | bytes | None = None, content_type: str = JSON, **members: object
) -> Event:
    """Return an HTTP API's event from a named stage, whose name begins the path."""
    event = http_v2(method, path, body, content_type)
    event["requestContext"]["stage"] = path.split("/")[1]
    return event | members


def base_path(
    method: str, path: str, body: str | bytes | None = None, content_type: str = JSON, **members: object
) -> Event:
    """Return a REST API's event from a domain with a base path, which the proxy's parameter leaves out."""
    event = rest_v1(method, path, body, content_type)
    event["headers"]["Host"] = "digits.example.com"
    event["multiValueHeaders"]["Host"] = ["digits.example.com"]
    event["pathParameters"] = {"proxy": path.split("/", 2)[2]}
    event["requestContext"] |= {"domainName": "digits.example.com", "domainPrefix": "digits", "path": path}
    return event | members


def function_url(
    method: str, path: str, body: str | bytes | None = None, content_type: str = JSON, **members: object
) -> Event:
    """Return a function URL's event: payload format 2.0 from a host of its own, signed with IAM."""
    event = http_v2(method, path, body, content_type)
    domain = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws"
    event["headers"]["host"] = domain
    event["requestContext"] |= {
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "authentication": None,
        "authorizer": {"iam": {"accessKey": "AKIA", "callerId": "AIDA", "cognitoIdentity": None}},
    }
    return event | members


def rest_v1(
    method: str, path: str, body: str | bytes | None = None, content_type: str = JSON, **members: object
) -> Event:
    """Return a REST API's event, payload format 1.0: the stage stands in the context, not in the path."""
    headers = {
        "Accept": "*/*",
        "Content-Type": content_type,
        "Host": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
    }
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": headers["Host"],
            "domainPrefix": "a1b2c3d4e5",
            "httpMethod": method,
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "curl"},
            "path": f"/prod{path}",
            "protocol": "HTTP/1.1",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "requestTime": "01/Nov/2026:12:00:00 +0000",
            "requestTimeEpoch": 1793534400000,
            "resourceId": "abc123",
            "resourcePath": "/{proxy+}",
            "stage": "prod",
        },
        **_body(body),
        **members,
    }


def http_v1(
    method: str, path: str, body: str | bytes | None = None, content_type: str = JSON, **members: object
) -> Event:
    """Return an HTTP API's event, payload format 1.0."""
    return {"version": "1.0", **rest_v1(method, path, body, content_type), **members}


def alb(method: str, path: str, body: str | bytes = "", content_type: str = JSON, **members: object) -> Event:
    """Return an Application Load Balancer's event with single-value headers."""
    target = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/digits/49e9d65c45c6791a"
    return {
        "requestContext": {"elb": {"targetGroupArn": target}},
        "httpMethod": method,
        "path": path,
        "queryStringParameters": {},
        "headers": {
            "accept": "*/*",
            "content-type": content_type,
            "host": "digits.example.com",
            "x-amzn-trace-id": "Root=1-5c536348-3d683b8b04734faae651f476",
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        **_body(body),
        **members,
    }


def alb_multi(
    method: str, path: str, body: str | bytes = "", content_type: str = JSON, **members: object
) -> Event:
    """Return an Application Load Balancer's event whose target group has multi-value headers."""
    event = alb(method, path, body, content_type, **members)
    event["multiValueHeaders"] = {name: [value] for name, value in event.pop("headers").items()}
    query = event.pop("queryStringParameters")
    return event | {"multiValueQueryStringParameters": {name: [value] for name, value in query.items()}}


def lattice_v2(
    method: str, path: str, body: str | bytes | None = None, content_type: str = JSON, **members: object
) -> Event:
    """Return VPC Lattice's event, version 2.0."""
    arn = "arn:aws:vpc-lattice:us-east-1:123456789012"
    return {
        "version": "2.0",
        "path": path,
        "method": method,
        "headers": {"accept": ["*/*"], "content-type": [content_type]},
        "queryStringParameters": {},
        **_body(body),
        "requestContext": {
            "serviceNetworkArn": f"{arn}:servicenetwork/sn-0bf3f2882e9cc805a",
            "serviceArn": f"{arn}:service/svc-0a40eebed65f8d69c",
            "targetGroupArn": f"{arn}:targetgroup/tg-6d0ecf831eec9f09",
            "region": "us-east-1",
            "timeEpoch": "1793534400000000",
        },
        **members,
    }


def lattice_v1(
    method: str, path: str, body: str | bytes | None = None, content_type: str = JSON, **members: object
) -> Event:
    """Return VPC Lattice's event, version 1.0."""
    packed = _body(body)
    return {
        "raw_path": path,
        "method": method,
        "headers": {"accept": "*/*", "content-type": content_type},
        "query_string_parameters": {},
        "body": packed["body"],
        "is_base64_encoded": packed["isBase64Encoded"],
        **members,
    }


def _size(body: str | bytes) -> int:
    return len(body.encode() if isinstance(body, str) else body)


def _body(body: str | bytes | None) -> Event:
    if isinstance(body, bytes):
        return {"body": base64.b64encode(body).decode("ascii"), "isBase64Encoded": True}
    return {"body": body, "isBase64Encoded": False}
