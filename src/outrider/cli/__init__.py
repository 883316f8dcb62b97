"""The command line: one file a family of verbs; each verb is one call on the client, then printing."""
