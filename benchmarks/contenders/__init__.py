"""What a user would pick instead, each the shortest program that its kind allows."""
