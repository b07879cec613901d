"""The outputs of a deployed stack."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient


def find_output(stacks: "CloudFormationClient", stack: str, name: str, otherwise: str) -> str:
    """Return an output of a stack.

    Raises:
        LookupError: the stack has no such output; `otherwise` says what that means and what to do.
    """
    (found,) = stacks.describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    if name not in outputs:
        raise LookupError(f"Stack {stack} {otherwise} Received: outputs {sorted(outputs)}")
    return outputs[name]
