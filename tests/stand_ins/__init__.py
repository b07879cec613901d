"""Stand-ins for what tests cannot have: S3, AWS, Step Functions, CloudFormation."""
