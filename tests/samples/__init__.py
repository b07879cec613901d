"""Pictures, events, answers and evaluations that tests share."""
