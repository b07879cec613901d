"""The alternatives that a user would pick, each the shortest program that its kind allows."""
