"""Tests of bulk/shards."""
