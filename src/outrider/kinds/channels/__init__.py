"""Native channels: what agents say of themselves, one module a channel."""
