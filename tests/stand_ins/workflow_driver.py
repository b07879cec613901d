"""A driver of the bulk workflow in process: the part of the Amazon States Language that it uses.

Source: https://states-language.net/spec.html, and for what S3 holds before and after a Distributed Map
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bulk.batch import STATE_LIMIT

Json = Any
Task = Callable[[Json], Json]


class StateError(Exception):
    """Raised where a state fails: the error's name and cause."""

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(f"{name}: {cause}")
        self.name, self.cause = name, cause


@dataclass
class Driver:
    """A state machine, what stands behind its tasks, and what it did."""

    definition: Json
    tasks: Mapping[str, Task]  # by function or by service integration
    read_items: Callable[[Json], Iterable[Json]]  # of an ItemReader, its parameters resolved
    write: Callable[[str, bytes], None]  # an object of ResultWriter's
    context: Json
    waits: list[tuple[str, float, float]] = field(default_factory=list)  # error, longest wait, wait drawn
    batches: int = 0
    listed: int = 0

    def run(self, given: Json) -> Json:
        """Execute the workflow and return its output; raises StateError as the execution would fail."""
        return self._machine(self.definition, given)

    def _machine(self, machine: Json, value: Json) -> Json:
        name = machine["StartAt"]
        while True:
            state = machine["States"][name]
            value, following = self._state(state, value)
            if following is None:
                return value
            name = following

    def _state(self, state: Json, value: Json) -> tuple[Json, str | None]:
        match state["Type"]:
            case "Choice":
                rules = (rule["Next"] for rule in state["Choices"] if _holds(rule, value))
                return value, next(rules, state["Default"])
            case "Fail":
                cause = state.get("Cause") or self._resolve(state["CausePath"], value)
                raise StateError(state.get("Error") or self._resolve(state["ErrorPath"], value), cause)
            case "Pass":
                result = state["Result"] if "Result" in state else self._fill(state["Parameters"], value)
                return _placed(value, state, result), state["Next"]
        try:
            return self._tried(state, value), state.get("Next")
        except StateError as error:
            for catcher in state.get("Catch", []):
                if _matches(catcher["ErrorEquals"], error.name):
                    failure = {"Error": error.name, "Cause": error.cause}
                    return _placed(value, catcher, failure), catcher["Next"]
            raise

    def _tried(self, state: Json, value: Json) -> Json:
        """Do a state's work, again as its Retry says; each retrier counts its own attempts."""
        attempts: Counter[int] = Counter()
        while True:
            try:
                return self._work(state, value)
            except StateError as error:
                retriers = enumerate(state.get("Retry", []))
                fitting = (each for each in retriers if _matches(each[1]["ErrorEquals"], error.name))
                place, retrier = next(fitting, (-1, {"MaxAttempts": 0}))
                if attempts[place] == retrier.get("MaxAttempts", 3):
                    raise
                self._wait(retrier, attempts[place], error.name)
                attempts[place] += 1

    def _wait(self, retrier: Json, done: int, error: str) -> None:
        """Note how long the wait would be."""
        longest = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2) ** done
        longest = min(longest, retrier.get("MaxDelaySeconds", longest))
        drawn = random.uniform(0, longest) if retrier.get("JitterStrategy") == "FULL" else longest
        self.waits.append((error, longest, drawn))

    def _work(self, state: Json, value: Json) -> Json:
        result = self._map(state, value) if state["Type"] == "Map" else self._task(state, value)
        _require_size(result)
        if "ResultSelector" in state:
            result = self._fill(state["ResultSelector"], result)
        value = _placed(value, state, result)
        return self._resolve(state.get("OutputPath", "$"), value)

    def _task(self, state: Json, value: Json) -> Json:
        parameters = self._fill(state["Parameters"], value)
        service = state["Resource"].partition(":states:::")[2]
        if service != "lambda:invoke":
            return self.tasks[service](parameters)
        payload = json.loads(json.dumps(parameters["Payload"]))
        _require_size(payload)
        try:
            return {"Payload": self.tasks[parameters["FunctionName"]](payload), "StatusCode": 200}
        except StateError:
            raise
        except Exception as error:  # as Lambda names what a function raises
            raise StateError(type(error).__name__, str(error)) from error

    def _map(self, state: Json, value: Json) -> Json:
        """Run a child for each batch; the results of each go to ResultWriter's files."""
        files: dict[str, list[bytes]] = {"SUCCEEDED": [], "FAILED": [], "PENDING": []}
        failed = 0
        for batch in self._batched(state, value):
            try:
                record, status = self._machine(state["ItemProcessor"], batch), "SUCCEEDED"
            except StateError as error:
                failed += len(batch["Items"])
                record = {"Error": error.name, "Cause": error.cause, "Input": json.dumps(batch)}
                record, status = record | {"Status": "FAILED"}, "FAILED"
            files[status].append(json.dumps(record).encode() + b"\n")
        prefix = self._fill(state["ResultWriter"]["Parameters"], value)["Prefix"]
        manifest = self._export(files, f"{prefix}/4a2d")
        if failed > self.listed * self._resolve(state["ToleratedFailurePercentagePath"], value) / 100:
            raise StateError("States.ExceedToleratedFailureThreshold", f"{failed} of {self.listed} failed")
        return {"MapRunArn": "arn:map-run", "ResultWriterDetails": {"Bucket": "out", "Key": manifest}}

    def _batched(self, state: Json, value: Json) -> Iterator[Json]:
        """Yield the children's inputs: as many items as fit into both of ItemBatcher's limits."""
        rules = state["ItemBatcher"]
        most = self._resolve(rules["MaxItemsPerBatchPath"], value)
        empty = {"BatchInput": self._fill(rules["BatchInput"], value), "Items": []}
        base = len(json.dumps(empty))
        items: list[Json] = []
        size = base
        for item in self.read_items(self._fill(state["ItemReader"], value)):
            self.listed += 1
            added = len(json.dumps(item, ensure_ascii=False).encode()) + 1
            if items and (len(items) == most or size + added > rules["MaxInputBytesPerBatch"]):
                self.batches += 1
                yield empty | {"Items": items}
                items, size = [], base
            items.append(item)
            size += added
        if items:
            self.batches += 1
            yield empty | {"Items": items}

    def _export(self, files: Mapping[str, list[bytes]], place: str) -> str:
        """Write the results and their manifest, and return its key."""
        listing: dict[str, list[Json]] = {}
        for status, records in files.items():
            key, content = f"{place}/{status}_0.jsonl", b"".join(records)
            listing[status] = [{"Key": key, "Size": len(content)}] if records else []
            if records:
                self.write(key, content)
        manifest = {"DestinationBucket": "out", "MapRunArn": "arn:map-run", "ResultFiles": listing}
        self.write(f"{place}/manifest.json", json.dumps(manifest).encode())
        return f"{place}/manifest.json"

    def _fill(self, template: Json, value: Json) -> Json:
        """Fill a payload template: members whose names end in .$ are paths or intrinsic functions."""
        if not isinstance(template, dict):
            return template
        return {
            name.removesuffix(".$"): self._resolve(each, value)
            if name.endswith(".$")
            else self._fill(each, value)
            for name, each in template.items()
        }

    def _resolve(self, path: str, value: Json) -> Json:
        if call := re.fullmatch(r"States\.StringToJson\('(.*)'\)", path):
            return json.loads(call[1])
        if call := re.fullmatch(r"States\.Format\('(.*)', (\S+)\)", path):
            return call[1].replace("{}", self._resolve(call[2], value))
        if path.startswith("$$."):
            return _follow(self.context, path[3:])
        return value if path == "$" else _follow(value, path.removeprefix("$."))


def _follow(value: Json, path: str) -> Json:
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            raise StateError("States.Runtime", f"No {path} in {value!r:.200}")
        value = value[name]
    return value


def _placed(value: Json, state: Json, result: Json) -> Json:
    """Put a result where ResultPath says: the whole, or a member, or a member's member."""
    path = state.get("ResultPath", "$")
    if path == "$":
        return result
    name, _, rest = path.removeprefix("$.").partition(".")
    return {**value, name: _placed(value[name], {"ResultPath": f"$.{rest}"}, result) if rest else result}


def _holds(rule: Json, value: Json) -> bool:
    if "And" in rule:
        return all(_holds(each, value) for each in rule["And"])
    name = rule["Variable"].removeprefix("$.")
    if "IsPresent" in rule:
        return bool((name in value) == rule["IsPresent"])
    found = _follow(value, name)
    if "BooleanEquals" in rule:
        return found is rule["BooleanEquals"]
    if "IsString" in rule:
        return bool(isinstance(found, str) == rule["IsString"])
    pattern = re.escape(rule["StringMatches"]).replace(r"\*", ".*")
    return isinstance(found, str) and bool(re.fullmatch(pattern, found))


def _matches(names: list[str], error: str) -> bool:
    """Return whether a retrier or a catcher is for an error; States.TaskFailed is all but a timeout."""
    is_task = error != "States.Timeout"
    return error in names or "States.ALL" in names or (is_task and "States.TaskFailed" in names)


def _require_size(value: Json) -> None:
    size = len(json.dumps(value, ensure_ascii=False).encode())
    if size > STATE_LIMIT:
        raise StateError("States.DataLimitExceeded", f"{size} bytes")
