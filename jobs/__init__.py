"""Bulk jobs: over a folder on this machine, or over a bucket by the deployed workflow."""
