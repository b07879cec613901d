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
