"""What differs between agents, as data: one TOML file a kind, and the channels that some have of their own."""
