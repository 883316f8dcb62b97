"""Many machines as one: who is there, what each tells, what is to be done elsewhere."""
