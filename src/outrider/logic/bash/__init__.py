"""A strict reader of shell commands: what it reads it reads as bash, dash and zsh alike do; the rest it refuses, with the reason."""
