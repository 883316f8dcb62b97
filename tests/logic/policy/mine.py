"""A policy of somebody's own: what its compilers are tried on."""

MINE = """name = "mine"
extends = "standard"
[[rules]]
name = "not out"
verdict = "deny"
commands = ["git push *", "make deploy"]
[[rules]]
name = "no net"
verdict = "deny"
tools = ["WebFetch"]
"""
