"""What follows from what: pure functions and values; the time is an argument, effects are returned, not done."""
