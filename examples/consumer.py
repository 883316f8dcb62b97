"""Reads the events of a fleet from its Redis, as one of a consumer group: each event goes to one member, and again until it was done.

    pip install redis
    python consumer.py --key-file ~/.local/share/outrider/fleet.key [--redis redis://localhost:6379/0] [--group bots] [--name me]

Prints one event a line, as JSON. Members of one group share the events; each group gets all of them. What a member had taken when it
died it gets again under its own name: do what you do with an event so that twice is no harm (`node`, `seq` name it).
"""

import argparse
import hashlib
import hmac
import json
import sys
import time
from pathlib import Path

import redis


def opened(keys: list[bytes], purpose: str, sealed: str) -> str | None:
    """The body of a sealed text, where one of the fleet's keys sealed it for that purpose."""
    told, _, body = sealed.partition(".")
    digests = (hmac.new(key, f"{purpose}\n{body}".encode(), hashlib.sha256).hexdigest() for key in keys)
    return body if any(hmac.compare_digest(digest, told) for digest in digests) else None


def feeds(client: redis.Redis, prefix: str, keys: list[bytes]) -> dict[str, str]:
    """The stream of every node, and what its entries are sealed for."""
    found = {}
    for node, sealed in client.hgetall(f"{prefix}nodes").items():
        card = opened(keys, f"card {node}", sealed)
        if card is not None:
            incarnation = json.loads(card)["incarnation"]
            found[f"{prefix}ev:{node}:{incarnation}"] = f"entry {node} {incarnation}"
    return found


def join(client: redis.Redis, stream: str, group: str) -> None:
    """Makes the group where there is none: from the oldest event that is kept."""
    try:
        client.xgroup_create(stream, group, id="0", mkstream=True)
    except redis.ResponseError as error:
        if not str(error).startswith("BUSYGROUP"):
            raise


def read(client: redis.Redis, wish: argparse.Namespace, keys: list[bytes]) -> None:
    """Reads until the connection breaks: first what this member had taken before and not done, then what is new."""
    joined: dict[str, str] = {}
    looked = 0.0
    while True:
        if time.monotonic() - looked > 5:  # nodes come and go
            looked = time.monotonic()
            for stream, purpose in feeds(client, wish.prefix, keys).items():
                if stream not in joined:
                    join(client, stream, wish.group)
                    joined[stream] = purpose
                    take(client, wish, keys, {stream: purpose}, "0")
        if joined:
            take(client, wish, keys, joined, ">")
        else:
            time.sleep(1)


def take(client: redis.Redis, wish: argparse.Namespace, keys: list[bytes], streams: dict[str, str], after: str) -> None:
    """Takes a page and has it done with."""
    wait_ms = 1000 if after == ">" else None
    while True:
        page = client.xreadgroup(wish.group, wish.name, dict.fromkeys(streams, after), count=100, block=wait_ms)
        for stream, entries in page:
            for mark, fields in entries:
                body = opened(keys, f"{streams[stream]} {mark}", (fields or {}).get("b", ""))
                # Events stand at part 0 of their seq; what stands behind them is for nodes. No seal of the fleet: not from it.
                if body is not None and mark.endswith("-0"):
                    print(body, flush=True)
                client.xack(stream, wish.group, mark)
        if after == ">" or not any(entries for _, entries in page):
            return


def main() -> None:
    """Reads for ever, over restarts of the Redis."""
    parser = argparse.ArgumentParser(description="Prints the events of a fleet.")
    parser.add_argument("--redis", default="redis://localhost:6379/0")
    parser.add_argument("--prefix", default="outrider:")
    parser.add_argument("--key-file", type=Path, required=True)
    parser.add_argument("--group", default="examples")
    parser.add_argument("--name", default="one")
    wish = parser.parse_args()
    lines = (line.strip() for line in wish.key_file.read_text(encoding="utf-8").splitlines())
    keys = [line.encode() for line in lines if line and not line.startswith("#")]
    client = redis.Redis.from_url(wish.redis, decode_responses=True)
    while True:
        try:
            read(client, wish, keys)
        except redis.RedisError as error:  # also where the Redis lost the group with everything else
            print(f"consumer: {error}", file=sys.stderr)
            time.sleep(1)


if __name__ == "__main__":
    main()
