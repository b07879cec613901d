"""The template says what production needs; the linters see to its form (`make check`)."""

import importlib
import itertools
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import enable_iam_authentication

from api import journal
from api.settings import Settings
from digits.images import MAX_BYTES
from digits.memory import SPARE
from digits.recognize import Reading
from tests.image.faults import SMALLEST
from tests.project import ROOT
from tests.stand_ins.cloudformation import REGION, Stack, Template, created, transform

ISSUER = {"AuthIssuer": "https://issuer.example.com/", "AuthAudience": "digits,other"}
# Each value that switches something on or off, and its opposite.
SWITCHES: dict[str, list[dict[str, str]]] = {
    "auth": [{}, ISSUER],
    "reads": [{"OpenReads": "all"}, {"OpenReads": "health"}, {"OpenReads": "none"}],
    "cors": [{}, {"CorsOrigins": "https://a.example.com,http://127.0.0.1:8000"}],
    "topic": [{}, {"AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms"}],
    "reserve": [{}, {"ReservedConcurrency": "-1"}],
    "feedback": [{}, {"FeedbackBucket": "CREATE"}, {"FeedbackBucket": "my-corrections"}],
    "prefix": [{}, {"RootPath": "/ocr/v1"}],
    "snapshot": [{}, {"SnapStart": "PublishedVersions"}],
}
# The same of the bulk workflow, which shares no condition with the rest but the topic's.
BULK_SWITCHES: dict[str, list[dict[str, str]]] = {
    "bulk": [{"BulkConcurrency": "9"}],
    "input": [{}, {"BulkInputBucket": "my-pictures"}],
    "results": [{}, {"BulkResultsBucket": "my-results"}],
    "trigger": [{}, {"BulkTrigger": "ENABLED"}],
    "topic": SWITCHES["topic"],
}


def pairwise(switches: dict[str, list[dict[str, str]]]) -> Iterator[dict[str, str]]:
    """Yield choices until each value of a switch has stood beside each value of every other."""
    places = [[(name, place) for place in range(len(values))] for name, values in switches.items()]
    missing = {
        frozenset(pair)
        for one, other in itertools.combinations(places, 2)
        for pair in itertools.product(one, other)
    }
    while missing:
        choice = max(
            itertools.product(*places),
            key=lambda choice: len(missing & set(map(frozenset, itertools.combinations(choice, 2)))),
        )
        missing -= set(map(frozenset, itertools.combinations(choice, 2)))
        chosen = [switches[name][place] for name, place in choice]
        yield {name: value for values in chosen for name, value in values.items()}


COMBINATIONS = [*pairwise(SWITCHES), *pairwise(BULK_SWITCHES)]
# What CloudFormation can put no tag on.
UNTAGGED = {
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Lambda::Alias",
    "AWS::CloudWatch::Dashboard",
    "AWS::S3::BucketPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Events::Rule",  # this one SAM makes, and hands no tags on
}


@pytest.fixture(scope="module")
def both() -> tuple[Template, Template]:
    """Return the template as written and as transformed."""
    return transform()


@pytest.fixture(scope="module")
def template(both: tuple[Template, Template]) -> Template:
    """Return the template as written."""
    return both[0]


@pytest.fixture(scope="module")
def transformed(both: tuple[Template, Template]) -> Template:
    """Return the template as transformed."""
    return both[1]


@pytest.fixture
def stack(transformed: Template) -> Iterator[Stack]:
    """Yield a stack of the defaults."""
    with created(transformed) as made:
        yield made


def of_type(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """Return the resources of a type, by logical id."""
    return {name: each for name, each in template["Resources"].items() if each["Type"] == kind}


def parameters_in(template: Template, part: Any) -> set[str]:
    """Return the parameters that a part of a template refers to."""
    text = json.dumps(part)
    found = re.findall(r'"Ref": "(\w+)"|\$\{(\w+)\}', text)
    return {name for pair in found for name in pair if name in template["Parameters"]}


def routes(stack: Stack) -> dict[str, bool]:
    """Return each route of the API, and whether it asks for a token."""
    found = {}
    for path, methods in stack.properties("HttpApi")["Body"]["paths"].items():
        for method, operation in methods.items():
            key = "$default" if path == "/$default" else f"{method.upper()} {path}"
            assert operation.get("security", [{"token": []}]) == [{"token": []}]
            found[key] = "security" in operation
    return found


class TestParameters:
    def test_every_parameter_says_what_it_is_for_and_has_a_default(self, template: Template) -> None:
        for name, parameter in template["Parameters"].items():
            assert {"Description", "Default"} <= parameter.keys(), name

    def test_every_parameter_stands_in_one_group(self, template: Template) -> None:
        groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        grouped = [name for group in groups for name in group["Parameters"]]
        assert sorted(grouped) == sorted(template["Parameters"])

    def test_every_parameter_is_documented_with_its_default(self, template: Template) -> None:
        text = (ROOT / "docs/deploy.md").read_text()
        for name, parameter in template["Parameters"].items():
            shown = str(parameter["Default"]) or "(none)"
            assert re.search(rf"^\| `{name}` \| {re.escape(shown)} \| \w", text, re.MULTILINE), name

    @pytest.mark.parametrize(
        ("name", "good", "bad"),
        [
            ("AuthIssuer", ["", "https://a.example.com/x"], ["http://a", "a.example.com", "https://a b"]),
            ("AuthAudience", ["", "a", "a,b"], ["a, b", ",a", "a,"]),
            (
                "CorsOrigins",
                ["", "*", "https://a.b,http://c:1"],
                ["a.b", "https://a.b/", "https://a.b, *", "*,*"],
            ),
            ("RootPath", ["", "/ocr", "/ocr/v1"], ["ocr", "/ocr/", "/", "/o cr", "/ocr?x"]),
            (
                "FeedbackBucket",
                ["", "CREATE", "my-corrections"],
                ["create_", "CREATED", "-a-", "s3://b", "ab"],
            ),
            ("AlarmTopicArn", ["", "arn:aws-cn:sns:r:1:t"], ["alarms", "arn:aws:sqs:r:1:q"]),
        ],
    )
    def test_what_cannot_be_meant_is_refused_before_anything_is_made(
        self, template: Template, name: str, good: list[str], bad: list[str]
    ) -> None:
        pattern = template["Parameters"][name]["AllowedPattern"]
        assert all(re.fullmatch(pattern, value) for value in good)
        assert not [value for value in bad if re.fullmatch(pattern, value)]

    def test_the_limits_given_are_those_that_the_app_reads_with_its_own_defaults(
        self, template: Template, stack: Stack
    ) -> None:
        variables = stack.properties("ApiFunction")["Environment"]["Variables"]
        read = {name.upper(): field for name, field in Settings.model_fields.items()}
        others = ("POWERTOOLS_", "AWS_")
        limits = {name: value for name, value in variables.items() if not name.startswith(others)}
        assert limits == {name: read[name].default for name in limits}
        assert template["Parameters"]["MaxBodyBytes"]["MaxValue"] == Settings().max_body_bytes

    def test_what_a_route_takes_at_once_finds_free_concurrency(self, template: Template) -> None:
        defaults = {name: parameter["Default"] for name, parameter in template["Parameters"].items()}
        bursts = [value for name, value in defaults.items() if name.endswith("ThrottleBurst")]
        assert len(bursts) == 3
        assert max(bursts) <= defaults["ReservedConcurrency"]

    def test_the_least_memory_is_what_the_largest_pictures_were_seen_to_do_with(
        self, template: Template
    ) -> None:
        assert f"--memory={template['Parameters']['MemorySize']['MinValue']}m" in SMALLEST

    def test_the_least_memory_holds_the_function_and_the_costliest_picture(self, template: Template) -> None:
        """The kernel bounds a picture's memory, so that a greater MaxPixels needs no more."""
        serving, body = 100, 12  # megabytes; a body of 6 is there as text and as bytes
        least = template["Parameters"]["MemorySize"]["MinValue"]
        assert serving + body + (MAX_BYTES + SPARE >> 20) <= least


class TestFunctions:
    def test_every_function_states_its_limits_and_comes_from_the_one_image(self, template: Template) -> None:
        functions = of_type(template, "AWS::Serverless::Function")
        assert functions
        assert template["Globals"]["Function"]["Architectures"]
        for name, function in functions.items():
            properties = function["Properties"]
            assert {"MemorySize", "Timeout", "LoggingConfig"} <= properties.keys(), name
            assert properties["PackageType"] == "Image", name
            assert function["Metadata"]["Dockerfile"] == "functions/Dockerfile", name

    def test_every_command_is_a_handler_that_exists(
        self, template: Template, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("INPUT_BUCKET", "RESULTS_BUCKET"):
            monkeypatch.setenv(name, "bucket")
        for function in of_type(template, "AWS::Serverless::Function").values():
            module, _, name = function["Properties"]["ImageConfig"]["Command"][0].rpartition(".")
            assert callable(getattr(importlib.import_module(module), name))

    def test_the_images_default_command_is_the_api_handler(self, template: Template) -> None:
        handler = template["Resources"]["ApiFunction"]["Properties"]["ImageConfig"]["Command"]
        dockerfile = (ROOT / "functions/Dockerfile").read_text()
        (stage,) = re.findall(r"AS lambda\n(.*?)\nFROM", dockerfile, re.DOTALL)
        assert stage.rstrip().endswith(f"CMD {json.dumps(handler)}")

    def test_the_image_gets_all_that_the_functions_are_made_of(self) -> None:
        dockerfile = (ROOT / "functions/Dockerfile").read_text()
        copied = set(re.findall(r"^COPY functions/([\w.]+)/? /code/", dockerfile, re.MULTILINE))
        code = {path.name for path in (ROOT / "functions").glob("*.py")} - {"slim.py", "stub.py"}
        packages = {path.parent.name for path in (ROOT / "functions").glob("*/__init__.py")}
        assert copied == code | packages

    def test_logs_are_not_kept_for_ever(self, transformed: Template) -> None:
        groups = of_type(transformed, "AWS::Logs::LogGroup")
        assert groups
        assert all("RetentionInDays" in group["Properties"] for group in groups.values())
        for name, function in of_type(transformed, "AWS::Lambda::Function").items():
            assert function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] in groups, name


class TestRoles:
    """Permissions, word for word: a new one must be written here too."""

    LOGS = frozenset({"logs:CreateLogStream", "logs:PutLogEvents"})
    TRACES = frozenset({"xray:PutTraceSegments", "xray:PutTelemetryRecords"})

    def allowed(self, stack: Stack, role: str) -> dict[str, set[str]]:
        """Return a role's actions by resource; it has no other way to get one."""
        properties = stack.properties(role)
        assert properties.keys() == {"AssumeRolePolicyDocument", "Policies", "Tags"}
        statements = [
            each for policy in properties["Policies"] for each in policy["PolicyDocument"]["Statement"]
        ]
        assert all(each.keys() == {"Effect", "Action", "Resource"} for each in statements)
        assert {each["Effect"] for each in statements} == {"Allow"}
        return {
            each["Resource"]: {each["Action"]} if isinstance(each["Action"], str) else set(each["Action"])
            for each in statements
        }

    def test_the_api_function_writes_its_own_log_and_traces_and_nothing_else(self, stack: Stack) -> None:
        own_log = stack.properties("ApiFunction")["LoggingConfig"]["LogGroup"]
        log = f"arn:aws:logs:{REGION}:123456789012:log-group:{own_log}"
        assert self.allowed(stack, "ApiRole") == {log: self.LOGS, "*": self.TRACES}

    def test_the_release_hook_calls_the_one_function_and_reports_on_the_one_deployment(
        self, stack: Stack
    ) -> None:
        own_log = stack.properties("PreTrafficFunction")["LoggingConfig"]["LogGroup"]
        log = f"arn:aws:logs:{REGION}:123456789012:log-group:{own_log}"
        allowed = self.allowed(stack, "PreTrafficRole")
        (group,) = [resource for resource in allowed if ":deploymentgroup:" in resource]
        assert group.startswith(f"arn:aws:codedeploy:{REGION}:123456789012:deploymentgroup:")
        (function,) = [resource for resource in allowed if ":function:" in resource]
        assert re.fullmatch(
            rf"arn:aws:lambda:{REGION}:123456789012:function:digits-ApiFunction-\w+:\*", function
        )
        assert allowed == {
            group: {"codedeploy:PutLifecycleEventHookExecutionStatus"},
            function: {"lambda:InvokeFunction"},
            log: self.LOGS,
            "*": self.TRACES,
        }

    def test_each_role_is_lambdas_alone_to_take(self, stack: Stack) -> None:
        for role in ("ApiRole", "PreTrafficRole"):
            (statement,) = stack.properties(role)["AssumeRolePolicyDocument"]["Statement"]
            assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
            assert statement["Action"] == "sts:AssumeRole"

    def test_only_this_api_may_invoke_the_function(self, transformed: Template) -> None:
        (permission,) = of_type(transformed, "AWS::Lambda::Permission").values()
        assert permission["Properties"]["Principal"] == "apigateway.amazonaws.com"
        assert permission["Properties"]["SourceArn"]["Fn::Sub"].endswith("${AWS::AccountId}:${HttpApi}/*")
        assert permission["Properties"]["FunctionName"] == {"Ref": "ApiFunctionAliaslive"}


class TestCorrections:
    BUCKET = "my-corrections"

    @pytest.fixture
    def policy(self, transformed: Template) -> dict[str, Any]:
        """Return the policy of the API's role where corrections go to a bucket that is there."""
        with created(transformed, FeedbackBucket=self.BUCKET) as stack:
            properties: dict[str, Any] = stack.properties("MayPutCorrections")
            assert properties["RoleName"].startswith("digits-ApiRole-")
        document: dict[str, Any] = properties["PolicyDocument"]
        return document

    def test_the_api_may_put_below_the_prefix_over_tls_and_no_more(self, policy: dict[str, Any]) -> None:
        (statement,) = policy["Statement"]
        assert statement == {
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{self.BUCKET}/feedback/*",
            "Condition": {"Bool": {"aws:SecureTransport": True}},
        }

    def test_the_role_that_puts_is_refused_when_it_reads_lists_or_deletes(
        self, policy: dict[str, Any]
    ) -> None:
        with mock_aws(config={"iam": {"load_aws_managed_policies": False}}):
            owner = boto3.client("s3", region_name=REGION)
            owner.create_bucket(Bucket=self.BUCKET)
            s3 = self.as_role(policy)
            with enable_iam_authentication():
                s3.put_object(Bucket=self.BUCKET, Key="feedback/7/a.png", Body=b"a")
                refused: list[Callable[[], object]] = [
                    lambda: s3.get_object(Bucket=self.BUCKET, Key="feedback/7/a.png"),
                    lambda: s3.list_objects_v2(Bucket=self.BUCKET),
                    lambda: s3.delete_object(Bucket=self.BUCKET, Key="feedback/7/a.png"),
                    lambda: s3.put_object(Bucket=self.BUCKET, Key="results/a.png", Body=b"a"),
                ]
                for ask in refused:
                    with pytest.raises(ClientError, match="AccessDenied"):
                        ask()

    def as_role(self, policy: dict[str, Any]) -> Any:
        """Return an S3 client with the credentials of a role that has this policy alone.

        Its condition is left out: moto knows no transport, so it would refuse everything.
        """
        (statement,) = policy["Statement"]
        policy = policy | {"Statement": [{k: v for k, v in statement.items() if k != "Condition"}]}
        iam = boto3.client("iam", region_name=REGION)
        anybody = {"Version": "2012-10-17", "Statement": []}
        role = iam.create_role(RoleName="api", AssumeRolePolicyDocument=json.dumps(anybody))["Role"]
        iam.put_role_policy(RoleName="api", PolicyName="put", PolicyDocument=json.dumps(policy))
        sts = boto3.client("sts", region_name=REGION)
        given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="function")["Credentials"]
        return boto3.client(
            "s3",
            region_name=REGION,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    def test_the_bucket_that_is_made_forgets_and_takes_nothing_in_the_clear(
        self, transformed: Template
    ) -> None:
        with created(transformed, FeedbackBucket="CREATE", FeedbackDays="30") as stack:
            bucket = stack.properties("CorrectionsBucket")
            name = stack.properties("ApiFunction")["Environment"]["Variables"]["FEEDBACK_BUCKET"]
            (may,) = stack.properties("MayPutCorrections")["PolicyDocument"]["Statement"]
            (denied,) = stack.properties("CorrectionsBucketPolicy")["PolicyDocument"]["Statement"]
        (rule,) = bucket["LifecycleConfiguration"]["Rules"]
        assert (rule["Status"], rule["Prefix"], rule["ExpirationInDays"]) == ("Enabled", "feedback/", 30)
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        assert may["Resource"] == f"arn:aws:s3:::{name}/feedback/*"
        assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": False}})

    def test_switched_off_nothing_is_made(self, stack: Stack) -> None:
        assert not {"AWS::S3::Bucket", "AWS::IAM::RolePolicy"} & {
            kind for kind in ("AWS::S3::Bucket", "AWS::IAM::RolePolicy") if stack.of_type(kind)
        }


class TestApi:
    def test_the_api_has_no_stage_in_its_paths(self, transformed: Template) -> None:
        stages = of_type(transformed, "AWS::ApiGatewayV2::Stage")
        assert [stage["Properties"]["StageName"] for stage in stages.values()] == ["$default"]

    def test_every_route_calls_the_alias(self, stack: Stack, transformed: Template) -> None:
        (alias,) = of_type(transformed, "AWS::Lambda::Alias").values()
        name = alias["Properties"]["Name"]
        for methods in stack.properties("HttpApi")["Body"]["paths"].values():
            for operation in methods.values():
                uri = operation["x-amazon-apigateway-integration"]["uri"]
                assert re.fullmatch(rf"arn:aws:apigateway:.*:function:[\w-]+:{name}/invocations", uri)

    def test_every_throttle_is_for_a_route_that_exists(self, stack: Stack, transformed: Template) -> None:
        (name,) = of_type(transformed, "AWS::ApiGatewayV2::Stage")
        throttled = stack.properties(name)["RouteSettings"]
        assert throttled.keys() <= routes(stack).keys()
        # A batch under a path that only the app folds (//mnist/classify) comes by $default.
        assert throttled.keys() == {
            "POST /mnist/classify",
            "POST /classify",
            "POST /read",
            "POST /feedback",
            "$default",
        }

    def test_pages_are_throttled_apart_from_batches(self, transformed: Template) -> None:
        with created(transformed, ReadThrottleRate="3", BatchThrottleRate="30") as stack:
            own = stack.properties("HttpApiApiGatewayDefaultStage")["RouteSettings"]
        rates = {route: int(settings["ThrottlingRateLimit"]) for route, settings in own.items()}
        assert (rates["POST /read"], rates["POST /classify"]) == (3, 30)

    def test_the_costs_of_an_attack_are_those_of_all_that_the_throttles_let_through(
        self, stack: Stack
    ) -> None:
        stage = stack.properties("HttpApiApiGatewayDefaultStage")
        default, own = stage["DefaultRouteSettings"], stage["RouteSettings"]
        rates = [int(own.get(route, default)["ThrottlingRateLimit"]) for route in routes(stack)]
        month = sum(rates) * 2.63
        text = " ".join((ROOT / "docs/operate.md").read_text().split())
        assert f"let through {sum(rates)} requests a second" in text
        assert f"{month:.0f} million in a month, ≈ ${round(month * 3, -2):,.0f} beside" in text

    def test_the_access_log_is_json_without_query_body_or_token(self, stack: Stack) -> None:
        form = stack.properties("HttpApiApiGatewayDefaultStage")["AccessLogSettings"]["Format"]
        fields = json.loads(form)
        assert {"status", "route", "request_id", "function_request_id", "latency_ms"} <= fields.keys()
        assert all(re.fullmatch(r"\$context\.[\w.]+", value) for value in fields.values())
        assert not re.search(r"query|body|header|claims|integration\.error", form, re.IGNORECASE)


class TestReleases:
    def test_a_release_is_checked_first_and_rolled_back_by_alarms(
        self, stack: Stack, transformed: Template
    ) -> None:
        (alias,) = of_type(transformed, "AWS::Lambda::Alias").values()
        update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert update["BeforeAllowTrafficHook"] == {"Ref": "PreTrafficFunction"}
        (group,) = of_type(transformed, "AWS::CodeDeploy::DeploymentGroup").values()
        watched = [alarm["Name"]["Ref"] for alarm in group["Properties"]["AlarmConfiguration"]["Alarms"]]
        assert watched == ["ServerErrorsAlarm", "ApiErrorsAlarm"]
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["Properties"]["AutoRollbackConfiguration"]["Events"]
        assert stack.properties("PreTrafficFunction")["FunctionName"].startswith("CodeDeployHook_")

    def test_the_hook_gets_the_new_version(self, transformed: Template) -> None:
        (version,) = of_type(transformed, "AWS::Lambda::Version")
        variables = transformed["Resources"]["PreTrafficFunction"]["Properties"]["Environment"]["Variables"]
        assert variables["NEW_VERSION"] == {"Ref": version}

    def test_a_changed_property_is_a_new_version(self, transformed: Template, tmp_path: Path) -> None:
        changed = (ROOT / "template.yaml").read_text().replace("Tracing: Active", "Tracing: PassThrough")
        (tmp_path / "template.yaml").write_text(changed)
        before = of_type(transformed, "AWS::Lambda::Version").keys()
        assert of_type(transform(str(tmp_path / "template.yaml"))[1], "AWS::Lambda::Version").keys() != before

    def test_a_changed_parameter_is_a_new_version(self, transformed: Template) -> None:
        """CloudFormation replaces a version whose description changes, so that has to name each parameter."""
        used = parameters_in(transformed, transformed["Resources"]["ApiFunction"]["Properties"])
        (version,) = of_type(transformed, "AWS::Lambda::Version").values()
        not_the_versions = {"ReservedConcurrency"}  # the function's, in force at once
        assert parameters_in(transformed, version["Properties"]["Description"]) == used - not_the_versions

    def test_the_longest_description_of_a_version_fits(
        self, template: Template, transformed: Template
    ) -> None:
        largest = {
            name: str(
                parameter.get("MaxValue")
                or "x" * parameter.get("MaxLength", 0)
                or max(map(str, parameter.get("AllowedValues", [""])), key=len)
            )
            for name, parameter in template["Parameters"].items()
        }
        (version,) = of_type(transformed, "AWS::Lambda::Version").values()
        text = version["Properties"]["Description"]["Fn::Sub"]
        assert len(re.sub(r"\$\{(\w+)\}", lambda match: largest[match[1]], text)) <= 256


class TestEveryCombination:
    @pytest.mark.parametrize("parameters", COMBINATIONS, ids=lambda given: ",".join(given.values()))
    def test_it_is_created_and_every_service_takes_what_it_gets(
        self, parameters: dict[str, str], transformed: Template
    ) -> None:
        with created(transformed, **parameters) as stack:
            cloudwatch = boto3.client("cloudwatch", region_name=REGION)
            for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
                cloudwatch.put_metric_alarm(**alarm)  # CloudFormation's properties are the call's own
                expected = [parameters["AlarmTopicArn"]] if "AlarmTopicArn" in parameters else None
                assert alarm.get("AlarmActions") == alarm.get("OKActions") == expected
            (dashboard,) = stack.of_type("AWS::CloudWatch::Dashboard").values()
            cloudwatch.put_dashboard(**dashboard)
            body = stack.properties("HttpApi")["Body"]
            gateway = boto3.client("apigatewayv2", region_name=REGION)
            api = gateway.create_api(Name="digits", ProtocolType="HTTP")["ApiId"]
            gateway.reimport_api(ApiId=api, Body=json.dumps(body))
            assert len(gateway.get_routes(ApiId=api)["Items"]) == len(routes(stack))
            assert ("components" in body) == ("AuthIssuer" in parameters)
            function = stack.properties("ApiFunction")
            expected_reserve = None if "ReservedConcurrency" in parameters else 20
            assert function.get("ReservedConcurrentExecutions") == expected_reserve
            assert function["SnapStart"]["ApplyOn"] == parameters.get("SnapStart", "None")
            assert ("BulkWorkflow" in stack.of_type("AWS::StepFunctions::StateMachine")) == (
                "BulkConcurrency" in parameters
            )
            buckets = {"BulkInputBucket", "BulkResultsBucket"} if "BulkConcurrency" in parameters else set()
            made = len(buckets - parameters.keys()) + (parameters.get("FeedbackBucket") == "CREATE")
            assert len(stack.of_type("AWS::S3::Bucket")) == made
            assert len(stack.of_type("AWS::IAM::RolePolicy")) == ("FeedbackBucket" in parameters)
            assert function["Environment"]["Variables"]["ROOT_PATH"] == parameters.get("RootPath", "")
            for rule in stack.of_type("AWS::Events::Rule").values():
                assert rule["State"] == parameters.get("BulkTrigger", "DISABLED")

    @pytest.mark.parametrize("given", [{}, *({name: value} for name, value in ISSUER.items()), ISSUER])
    @pytest.mark.parametrize("reads", ["all", "health", "none"])
    def test_only_what_is_said_to_be_open_is_open(
        self, given: dict[str, str], reads: str, transformed: Template
    ) -> None:
        with created(transformed, OpenReads=reads, **given) as stack:
            guarded = routes(stack)
            unguarded = {route for route, asks in guarded.items() if not asks}
        open_reads = {
            "all": {"GET /", "GET /health", "GET /{proxy+}"},
            "health": {"GET /health"},
            "none": set[str](),
        }
        expected = {"OPTIONS /{proxy+}"} | open_reads[reads]
        assert unguarded == (expected if given else guarded.keys())

    def test_one_half_of_the_token_settings_is_refused(self, template: Template) -> None:
        (rule,) = template["Rules"].values()
        (assertion,) = rule["Assertions"]
        for issuer, audience in itertools.product(["", "x"], repeat=2):
            values = {"AuthIssuer": issuer, "AuthAudience": audience}
            assert holds(assertion["Assert"], values) == (bool(issuer) == bool(audience))

    def test_tokens_are_checked_against_issuer_and_audiences(self, transformed: Template) -> None:
        with created(transformed, **ISSUER) as stack:
            scheme = stack.properties("HttpApi")["Body"]["components"]["securitySchemes"]["token"]
        authorizer = scheme["x-amazon-apigateway-authorizer"]
        assert authorizer["jwtConfiguration"] == {
            "issuer": ISSUER["AuthIssuer"],
            "audience": ["digits", "other"],
        }
        assert authorizer["identitySource"] == "$request.header.Authorization"

    def test_cors_is_off_unless_origins_are_given(self, transformed: Template) -> None:
        origins = "https://a.example.com,http://127.0.0.1:8000"
        for given, expected in (({}, None), ({"CorsOrigins": origins}, origins.split(","))):
            with created(transformed, **given) as stack:
                cors = stack.properties("HttpApi")["Body"].get("x-amazon-apigateway-cors", {})
                assert cors.get("allowOrigins") == expected
                assert "allowCredentials" not in cors


def holds(assertion: Any, values: dict[str, str]) -> bool:
    """Evaluate a rule's assertion, which moto ignores."""
    ((function, arguments),) = assertion.items()
    if function == "Fn::Equals":
        left, right = (values[each["Ref"]] if isinstance(each, dict) else each for each in arguments)
        return bool(left == right)
    parts = [holds(each, values) for each in arguments]
    return {"Fn::And": all(parts), "Fn::Or": any(parts), "Fn::Not": not parts[0]}[function]


class TestAlarms:
    def test_the_alarms_see_what_the_app_counts(self, stack: Stack) -> None:
        alarms = stack.of_type("AWS::CloudWatch::Alarm")
        errors = alarms["ServerErrorsAlarm"]
        assert (errors["Namespace"], errors["MetricName"]) == ("Digits", "ServerErrors")
        variables = stack.properties("ApiFunction")["Environment"]["Variables"]
        assert errors["Dimensions"] == [{"Name": "service", "Value": variables["POWERTOOLS_SERVICE_NAME"]}]

    def test_every_metric_of_ours_that_is_watched_is_one_that_a_request_writes(
        self, stack: Stack, capsys: pytest.CaptureFixture[str]
    ) -> None:
        record = journal.begin("c6af9ac6")
        record.stages["infer"] = 1.0
        journal.count(
            [Reading(7, 0.9, np.full(10, 0.1, np.float32), 0.8, True, np.zeros((28, 28), np.uint8))]
        )
        journal.correct("1")
        scope = {"aws.context": object(), "aws.event": {}, "method": "POST", "route": None}
        journal.write(record, scope, 200, "1.0.0")
        written = {
            metric["Name"]
            for line in capsys.readouterr().out.splitlines()
            if "_aws" in line
            for metric in json.loads(line)["_aws"]["CloudWatchMetrics"][0]["Metrics"]
        }
        alarms = json.dumps(stack.of_type("AWS::CloudWatch::Alarm"))
        watched = set(re.findall(r'"Namespace": "Digits", "MetricName": "(\w+)"', alarms))
        assert {"ServerErrors", "Refusals", "NotDigit"} <= watched <= written
        text = (ROOT / "docs/operate.md").read_text()
        assert set(re.findall(r"^\| `(\w+)` \| ", text, re.MULTILINE)) == written

    def test_drift_is_a_share_that_leaves_its_usual_band_in_most_of_six_hours(self, stack: Stack) -> None:
        alarm = stack.properties("DriftAlarm")
        band, share = alarm["Metrics"]
        assert band["Expression"] == "ANOMALY_DETECTION_BAND(share, 3)"
        assert (share["MetricStat"]["Period"], share["MetricStat"]["Stat"]) == (3600, "Average")
        assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (4, 6)
        assert alarm["ComparisonOperator"] == "LessThanLowerOrGreaterThanUpperThreshold"

    def test_slow_means_close_to_the_timeout(self, transformed: Template) -> None:
        with created(transformed, Timeout="20") as stack:
            alarm = stack.properties("SlowAlarm")
        assert alarm["Metrics"][0]["Expression"] == "p99 / (10 * 20)"
        assert alarm["Threshold"] == 80

    def test_the_dashboard_is_json_about_this_stack(self, stack: Stack) -> None:
        (dashboard,) = stack.of_type("AWS::CloudWatch::Dashboard").values()
        widgets = json.loads(dashboard["DashboardBody"])["widgets"]
        assert all(widget["properties"]["metrics"] for widget in widgets)
        assert "${AWS" not in dashboard["DashboardBody"]
        assert "${PROP('Dim.class')}" in dashboard["DashboardBody"]


def test_every_resource_is_tagged(transformed: Template) -> None:
    for name, resource in transformed["Resources"].items():
        if resource["Type"] in UNTAGGED:
            continue
        properties = resource["Properties"]
        if resource["Type"] == "AWS::ApiGatewayV2::Api":  # made from its body, tags included
            tags = {tag["name"]: tag["x-amazon-apigateway-tag-value"] for tag in properties["Body"]["tags"]}
        elif isinstance(properties.get("Tags"), dict):
            tags = properties["Tags"]
        else:
            tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        assert tags.get("service") == "digits", name


def test_the_transformed_template_is_clean_too(transformed: Template, tmp_path: Path) -> None:
    path = tmp_path / "transformed.json"
    path.write_text(json.dumps(transformed))
    # W2001: SAM has put the value in the place of a parameter that it reads itself.
    lint = [".venv/sam/bin/cfn-lint", "--ignore-checks", "W2001", "--", str(path)]
    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
