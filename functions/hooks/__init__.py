"""The hooks that CodeDeploy calls during a release."""
