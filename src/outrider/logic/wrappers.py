"""Programs that start the one named in their arguments: a table for `logic.tools`."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from outrider.model.state import State


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A program that starts the one named in its arguments.

    `values` are its options that take the next word, `skip` the number of its own words before the inner command (a time limit,
    a container), `verbs` the subcommands that make it a wrapper at all. `bare` is what it does when nothing is started.
    """

    values: frozenset[str] = frozenset()
    skip: int = 0
    verbs: frozenset[str] = frozenset()
    bare: State = State.WORKING


def _wrap(values: str = "", *, skip: int = 0, verbs: str = "", bare: State = State.WORKING) -> Wrapper:
    return Wrapper(_words(values), skip, frozenset(verbs.split("|")) if verbs else frozenset(), bare)


_PYTHON_RUN = (
    "--with --with-requirements --with-editable --python -p --group --extra --project --directory --package"
    " --env-file --index --index-url --no-group --from -C"
)
_COMPOSE = "-f --file -p --project-name --profile --env-file -e --env -w --workdir -u --user --index"
_CONTAINER = f"{_COMPOSE} -v --volume --name --network --entrypoint --mount --platform --memory --cpus -h --add-host"
WRAPPERS: Mapping[str, Wrapper] = MappingProxyType(
    {
        "env": _wrap("-u -C --unset --chdir", bare=State.READING),
        "sudo": _wrap("-u -g -h -p -C -D -r -t -U --user --group --chdir"),
        "doas": _wrap("-u -C"),
        "su": _wrap("-s", skip=1),
        "timeout": _wrap("-s -k --signal --kill-after", skip=1),
        "gtimeout": _wrap("-s -k --signal --kill-after", skip=1),
        "nice": _wrap("-n --adjustment"),
        "ionice": _wrap("-c -n -p"),
        "taskset": _wrap("-p", skip=1),
        "time": _wrap("-f -o --format --output"),
        "watch": _wrap("-n --interval"),
        "stdbuf": _wrap("-i -o -e"),
        "xargs": _wrap("-n -P -I -L -d -a -s -E --max-args --max-procs --replace --arg-file", bare=State.READING),
        "parallel": _wrap("-j --jobs"),
        "strace": _wrap("-e -o -p -s"),
        "flock": _wrap("-w -E", skip=1),
        "xvfb-run": _wrap("-s -n -e -f --server-args"),
        "direnv": _wrap(verbs="exec", skip=1),
        **{
            name: _wrap()
            for name in _words("nohup command exec builtin setsid caffeinate chronic unbuffer dotenv rlwrap")
        },
        "python": _wrap("-X -W -c"),
        "py": _wrap("-X -W -c"),
        "node": _wrap("-r --require --import --loader -e --eval -p --print -C"),
        "ruby": _wrap("-I -r -e -C"),
        "perl": _wrap("-I -e -E"),
        "php": _wrap("-d -r -c"),
        "tsx": _wrap("--tsconfig"),
        "ts-node": _wrap("-P -r -e"),
        "coverage": _wrap("--rcfile --source --omit --include", verbs="run"),
        "uv": _wrap(_PYTHON_RUN, verbs="run|tool run"),
        "uvx": _wrap(_PYTHON_RUN),
        "pipx": _wrap("--spec --python", verbs="run"),
        **{
            name: _wrap("-p -C -e --project --directory", verbs="run")
            for name in _words("poetry pdm pipenv rye hatch pixi")
        },
        "conda": _wrap("-n -p --name --prefix", verbs="run"),
        "mamba": _wrap("-n -p --name --prefix", verbs="run"),
        "micromamba": _wrap("-n -p --name --prefix", verbs="run"),
        "npx": _wrap("-p --package -c"),
        "bunx": _wrap("-p --package"),
        "npm": _wrap("-w --workspace --prefix -p --package", verbs="exec|x"),
        "pnpm": _wrap("--filter -F -C --dir", verbs="exec|dlx"),
        "yarn": _wrap("--cwd", verbs="exec|dlx|node"),
        "nyc": _wrap("--reporter"),
        "c8": _wrap("--reporter -r"),
        "cross-env": _wrap(),
        "env-cmd": _wrap("-f -e"),
        "symfony": _wrap(verbs="php"),
        "busybox": _wrap(),
        "chroot": _wrap(skip=1),
        "unshare": _wrap(),
        "firejail": _wrap(),
        "systemd-run": _wrap("-u --unit -p --property -M --machine -E --setenv -d --working-directory"),
        "entr": _wrap(),
        "script": _wrap("-T -O -I -B -E"),
        "screen": _wrap("-S -t -c -p -e -h -T"),
        "tmux": _wrap(
            "-s -n -c -t -x -y -F -e -l -L -f -S",
            verbs="new-session|new|new-window|neww|split-window|splitw|respawn-pane|respawn-window|run-shell|run",
        ),
        "nix": _wrap("-f --file", verbs="develop|shell"),
        "nix-shell": _wrap("-p --packages -I"),
        "devbox": _wrap("-c --config", verbs="run"),
        "guix": _wrap(verbs="shell|environment"),
        "powershell": _wrap(),
        "pwsh": _wrap(),
        "concurrently": _wrap("-n --names -c --prefix-colors"),
        "bundle": _wrap(verbs="exec"),
        "mise": _wrap("-C", verbs="exec|x"),
        "docker": _wrap(_CONTAINER, verbs="exec|run|compose exec|compose run", skip=1),
        "podman": _wrap(_CONTAINER, verbs="exec|run|compose exec|compose run", skip=1),
        "docker-compose": _wrap(_COMPOSE, verbs="exec|run", skip=1),
        "kubectl": _wrap("-n -c --namespace --container", verbs="exec", skip=1),
        "ssh": _wrap("-p -i -l -o -F -J", skip=1),
    }
)
