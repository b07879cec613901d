"""The bulk functions: objects of an S3 bucket classified by the million, and the totals of it."""
