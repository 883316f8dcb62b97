"""The words Outrider is made of: frozen, without behaviour, ids instead of references."""
