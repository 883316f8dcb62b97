"""Keeping the daemon running: by systemd, by launchd, or by a small supervisor of our own."""
