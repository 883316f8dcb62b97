"""Telegram, both ways: notices with buttons go out, answers and commands come in, from those who may."""
