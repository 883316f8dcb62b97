"""Policies as files: the presets, and whatever file a user names; and the places that their paths mean on this machine."""
