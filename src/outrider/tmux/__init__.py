"""tmux, asked over its control mode: one long-lived client per server, and a Terminal made of them."""
