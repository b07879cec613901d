"""What CodeDeploy calls during a release."""
