"""Telling people: what is to be told, and the ways out by which it goes."""
