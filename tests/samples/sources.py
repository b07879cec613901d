"""Events as the HTTP sources of Lambda send them."""

from typing import Any


def v2(method: str, path: str, body: str | None = None, **members: Any) -> dict[str, Any]:
    """Give an event as HTTP APIs and function URLs send it (payload format 2.0)."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": "id.execute-api.eu-west-1.amazonaws.com"},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.9"},
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": False,
        **members,
    }


def v1(method: str, path: str, body: str | None = None, **members: Any) -> dict[str, Any]:
    """Give an event as REST APIs send it."""
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "application/json", "Host": "id.execute-api.eu-west-1.amazonaws.com"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"stage": "prod", "identity": {"sourceIp": "203.0.113.9"}, "path": f"/prod{path}"},
        "body": body,
        "isBase64Encoded": False,
        **members,
    }


def alb(method: str, path: str, body: str = "", **members: Any) -> dict[str, Any]:
    """Give an event as load balancers send it."""
    return {
        "requestContext": {
            "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/x/y"}
        },
        "httpMethod": method,
        "path": path,
        "queryStringParameters": {},
        "headers": {"content-type": "application/json", "host": "x.eu-west-1.elb.amazonaws.com"},
        "body": body,
        "isBase64Encoded": False,
        **members,
    }


def v1_http(method: str, path: str, body: str | None = None, **members: Any) -> dict[str, Any]:
    """Give an event as HTTP APIs send it in payload format 1.0."""
    return v1(method, path, body, **{"version": "1.0", **members})


def function_url(method: str, path: str, body: str | None = None, **members: Any) -> dict[str, Any]:
    """Give an event as function URLs send it to whoever is signed in with IAM."""
    event = v2(method, path, body, **members)
    domain = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws"
    event["headers"] |= {"host": domain, "x-forwarded-port": "443", "x-forwarded-proto": "https"}
    event["requestContext"] |= {
        "accountId": "123456789012",
        "apiId": domain.partition(".")[0],
        "authentication": None,
        "authorizer": {"iam": {"accessKey": "AKIA", "callerId": "AIDA", "cognitoIdentity": None}},
        "domainName": domain,
        "requestId": "1f0c1b2e-4d6f-4d3b-8d8e-0a5b6c7d8e9f",
    }
    return event


def alb_multi(method: str, path: str, body: str = "", **members: Any) -> dict[str, Any]:
    """Give an event as load balancers send it whose target group has multi-value headers."""
    event = alb(method, path, body, **members)
    event["multiValueHeaders"] = {name: [value] for name, value in event.pop("headers").items()}
    query = event.pop("queryStringParameters")
    return event | {"multiValueQueryStringParameters": {name: [value] for name, value in query.items()}}
