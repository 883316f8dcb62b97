"""What is known of programs, as tables: which words are files, which options start something, which are always asked.

A program that is in none of them is not for that reason allowed: that takes a rule.
"""

from collections.abc import Mapping
from types import MappingProxyType

from outrider.logic.policy.rules import Hazard


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


INERT = frozenset(
    _words(
        """echo printf true false : sleep test [ [[ break continue return shift wait jobs date whoami hostname uname
    nproc id uptime basename dirname seq expr pwd type which whereis ps command tty arch getconf tput yes clear
    logname groups local declare typeset readonly export unset read exit set cal df free"""
    )
)
"""Their words are not files that they read or write."""
EVALUATING = frozenset(_words("test [ [[ let declare typeset local export readonly read unset printf wait"))
"""Builtins that run a `$(…)` inside a quoted array index."""
READERS = frozenset(
    _words(
        """cat head tail wc file stat du ls tree diff cmp md5sum sha1sum sha256sum sha512sum cksum sum nl od xxd hexdump
    strings tac rev cut paste column fold comm join uniq sort grep egrep fgrep rg jq yq sed awk gawk mawk realpath
    readlink find fd bat less more tr fmt expand b2sum shellcheck cloc tokei test"""
    )
)
WRITERS = frozenset(_words("rm rmdir touch mkdir tee chmod mv truncate unlink shred ln install split csplit rsync"))
# Programs whose first word is a pattern or script, and the options that give it instead.
SCRIPTED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("grep", "egrep", "fgrep", "rg"), ("-e", "-f", "--regexp", "--file", "--files")),
        "sed": ("-e", "-f", "--expression", "--file"),
        **dict.fromkeys(("awk", "gawk", "mawk"), ("-f", "--file")),
        "jq": ("-f", "--from-file"),
        "yq": ("-f",),
        "tr": (),
    }
)
# Options whose value (the next word) is not a file, by program.
VALUES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "grep": ("-e", "-A", "-B", "-C", "-m", "--include", "--exclude", "--exclude-dir"),
        "rg": ("-e", "-g", "-t", "-T", "-A", "-B", "-C", "-m", "--glob"),
        "awk": ("-F", "-v"),
        "sed": ("-e", "--expression"),
        "cut": ("-d", "-f", "-c"),
        "find": (
            "-name",
            "-iname",
            "-path",
            "-ipath",
            "-wholename",
            "-regex",
            "-iregex",
            "-type",
            "-size",
            "-mtime",
            "-mmin",
            "-perm",
            "-maxdepth",
        ),
        "tail": ("-n", "-c"),
        "head": ("-n", "-c"),
        "sort": ("-t", "-k"),
        "column": ("-s", "-o", "-N"),
        "tree": ("-I", "-P", "-L"),
        "git": ("-m", "--message", "--grep", "--format", "--pretty", "--author", "-S", "-G"),
        "curl": ("-H", "-d", "-X", "-w", "--header", "--data", "--data-raw", "--json", "--request"),
        "gh": ("-b", "--body", "-t", "--title", "--json", "-q", "--jq"),
        "jq": ("--arg", "--argjson"),
        "docker": ("--format", "--filter"),
        "pytest": ("-k", "-m", "--tb"),
    }
)
TEXTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"git": ("-m", "--message"), "gh": ("-b", "--body", "-t", "--title")}
)
"""Options whose value is prose, known or not."""
# Options that start a program, write a file or load code, by program: the reason to ask.
BAD_OPTIONS: Mapping[str, tuple[tuple[str, ...], Hazard]] = MappingProxyType(
    {
        "rg": (("--pre", "--hostname-bin", "--search-zip", "-z"), Hazard.CODE),
        "fd": (("-x", "-X", "--exec", "--exec-batch"), Hazard.CODE),
        "sort": (("--compress-program", "-T"), Hazard.CODE),
        "tar": (
            (
                "--to-command",
                "--checkpoint-action",
                "--use-compress-program",
                "-I",
                "--rsh-command",
                "--info-script",
                "--new-volume-script",
                "-F",
                "-P",
                "--absolute-names",
            ),
            Hazard.CODE,
        ),
        "zip": (("-T", "--test", "-TT", "--unzip-command", "-m", "--move"), Hazard.CODE),
        "unzip": (("-:",), Hazard.OUTSIDE_WRITE),
        "date": (("-s", "--set"), Hazard.SYSTEM),
        "hostname": (("-F", "-b"), Hazard.SYSTEM),
        "man": (("-P", "-H", "--pager", "--html"), Hazard.CODE),
        "printf": (("-v",), Hazard.ENVIRONMENT),
        "chmod": (("-R", "--recursive", "--reference"), Hazard.SYSTEM),
        "find": ((), Hazard.DELETE),
        "file": (("-C", "--compile", "-m", "--magic-file"), Hazard.OUTSIDE_WRITE),
        "tree": (("-o", "-R"), Hazard.OUTSIDE_WRITE),
        "ps": (("-E", "--environ"), Hazard.CREDENTIALS),
        "pytest": (
            (
                "--basetemp",
                "--pdbcls",
                "--pastebin",
                "--tx",
                "--px",
                "--rsyncdir",
                "--pyargs",
                "--trace",
                "--override-ini",
            ),
            Hazard.CODE,
        ),
        "bat": (("--pager",), Hazard.CODE),
        "gcc": (("-fplugin", "-wrapper", "--wrapper"), Hazard.CODE),
        "rsync": (("--delete", "--rsh", "-e", "--rsync-path", "--remove-source-files"), Hazard.DELETE),
        "xxd": (("-r", "--revert"), Hazard.OUTSIDE_WRITE),
        "npm": (
            (
                "--script-shell",
                "--node-options",
                "--registry",
                "--userconfig",
                "--globalconfig",
                "-g",
                "--global",
                "--location",
                "--shell-emulator",
            ),
            Hazard.CODE,
        ),
        "pnpm": (("--script-shell", "--shell-emulator", "--registry", "-g", "--global"), Hazard.CODE),
        "pip": (
            (
                "--index-url",
                "-i",
                "--extra-index-url",
                "-f",
                "--find-links",
                "--trusted-host",
                "--global-option",
                "--config-settings",
                "--proxy",
                "--python",
            ),
            Hazard.INSTALL,
        ),
        "uv": (
            (
                "--index-url",
                "--index",
                "--default-index",
                "-i",
                "--extra-index-url",
                "--find-links",
                "--with",
                "--with-editable",
            ),
            Hazard.INSTALL,
        ),
        "docker": (("-H", "--host", "--context", "--config"), Hazard.SYSTEM),
        "mypy": (("--python-executable", "--install-types"), Hazard.CODE),
        "pyright": (("--pythonpath",), Hazard.CODE),
        "flask": (("-e", "--env-file"), Hazard.CREDENTIALS),
        "eslint": (("--init",), Hazard.INSTALL),
        "clang-tidy": (("-load", "--load", "--extra-arg", "--extra-arg-before", "-fplugin"), Hazard.CODE),
        "ar": (("-plugin", "--plugin", "-M"), Hazard.CODE),
        "nm": (("-plugin", "--plugin"), Hazard.CODE),
        "objdump": (("-plugin", "--plugin"), Hazard.CODE),
        "gh": (("-w", "--web"), Hazard.CODE),
        "jq": (("-L", "-f", "--from-file"), Hazard.CODE),
        "yq": (("-s", "--split-exp", "--from-file", "--split-exp-file"), Hazard.CODE),
        "ruff": (("--config",), Hazard.CODE),
        "alembic": (("-x",), Hazard.CODE),
    }
)
# Programs that are asked whatever they are told.
ALWAYS: Mapping[str, Hazard] = MappingProxyType(
    {
        **dict.fromkeys(
            _words(
                """sudo doas su pkexec runuser chown chgrp setcap setfacl chattr passwd visudo usermod useradd chroot unshare
    nsenter"""
            ),
            Hazard.PRIVILEGE,
        ),
        "outrider": Hazard.STEERING,
        **dict.fromkeys(
            _words(
                """dd mount umount shutdown reboot halt poweroff systemctl service launchctl crontab at batch systemd-run
    iptables nft ufw sysctl modprobe insmod rmmod fdisk parted wipefs swapoff kill pkill killall xkill tmux screen
    ulimit umask loginctl diskutil defaults"""
            ),
            Hazard.SYSTEM,
        ),
        **dict.fromkeys(_words("shred truncate unlink wipe srm dropdb"), Hazard.DELETE),
        **dict.fromkeys(
            _words(
                """eval enable hash alias bind complete trap shopt fc history expect script gdb lldb ed ex vi vim nvim emacs nano
    osascript let"""
            ),
            Hazard.CODE,
        ),
        **dict.fromkeys(
            _words(
                "curl wget nc ncat netcat socat ssh scp sftp ftp telnet rsync http https aria2c dig nslookup host ping rclone"
            ),
            Hazard.NETWORK,
        ),
        **dict.fromkeys(
            _words("printenv gpg gpg2 pass security secret-tool op vault aws gcloud az ssh-keygen ssh-add keyring"),
            Hazard.CREDENTIALS,
        ),
        **dict.fromkeys(_words("twine semantic-release lerna changeset"), Hazard.PUBLISH),
        **dict.fromkeys(
            _words("apt apt-get brew dnf yum pacman apk snap flatpak port gem pipx easy_install conda mamba"),
            Hazard.INSTALL,
        ),
    }
)
# Words behind a program that are asked: the words in order, and why.
SUBCOMMANDS: tuple[tuple[str, Hazard], ...] = (
    *(
        (f"{tool} publish", Hazard.PUBLISH)
        for tool in ("npm", "yarn", "pnpm", "bun", "cargo", "poetry", "uv", "gem", "mvn", "dotnet")
    ),
    *(
        (f"{tool} {word}", Hazard.CREDENTIALS)
        for tool in ("npm", "cargo", "docker", "gh auth", "yarn npm", "pnpm")
        for word in ("login", "token", "logout")
    ),
    *((f"{tool} install", Hazard.INSTALL) for tool in ("cargo", "go")),
    ("mvn deploy", Hazard.PUBLISH),
    ("docker push", Hazard.PUBLISH),
    ("gh release", Hazard.PUBLISH),
    ("gh pr merge", Hazard.PUSH),
    ("npm config", Hazard.CONTROL),
    ("npm exec", Hazard.CODE),
    *((f"{tool} env", Hazard.CREDENTIALS) for tool in ("npm run", "pnpm run", "yarn run", "yarn")),
    ("npm audit fix", Hazard.INSTALL),
    ("docker compose config", Hazard.CREDENTIALS),
    ("git reflog delete", Hazard.DISCARD),
    ("bat cache", Hazard.CODE),
    ("flask shell", Hazard.CODE),
    ("ruff server", Hazard.CODE),
    ("go env -w", Hazard.CONTROL),
    ("go generate", Hazard.CODE),
    ("docker system prune", Hazard.DELETE),
    ("docker rm", Hazard.DELETE),
    ("docker volume rm", Hazard.DELETE),
    ("docker run", Hazard.SYSTEM),
    ("docker exec", Hazard.SYSTEM),
    ("kubectl delete", Hazard.DELETE),
    ("terraform destroy", Hazard.DELETE),
    ("terraform apply", Hazard.SYSTEM),
)
INTERPRETERS = frozenset(_words("python node tsx ts-node deno bun ruby perl php lua Rscript julia elixir java"))
CODE_MODULES = frozenset(
    _words(
        """timeit code codeop asyncio pdb bdb trace runpy cProfile profile sqlite3 zipfile tarfile zipapp idlelib webbrowser
    ftplib smtplib smtpd telnetlib imaplib poplib nntplib http xmlrpc wsgiref socketserver urllib ssl pickle shelve ensurepip pydoc
    importlib multiprocessing concurrent pty test tkinter turtledemo turtle lib2to3 distutils ctypes rlcompleter antigravity cgi
    IPython ipykernel jupyter jupyter_core jupyterlab notebook bpython ptpython debugpy pudb ipdb httpie awscli ansible fabric
    invoke locust pipx easy_install conda easyinstall pexpect xonsh"""
    )
)
"""Modules of Python that run what they are given, unpack it anywhere, fetch or serve."""
MODULE_PROGRAMS = frozenset(
    _words(
        """pip uv poetry twine coverage tox nox pytest outrider black ruff mypy isort flake8 pylint pyright bandit uvicorn gunicorn
    flask alembic hatch pdm pipenv virtualenv mkdocs"""
    )
)
"""Modules of Python that are programs of that name."""
SHELLS = frozenset(_words("sh bash dash zsh ksh ash fish"))
NETWORK = frozenset(
    _words(
        """curl wget nc ncat netcat socat ssh scp sftp ftp telnet rsync http https aria2c dig nslookup host ping gh aws
    gcloud az kubectl twine"""
    )
) | {
    *(f"git {sub}" for sub in ("fetch", "pull", "push", "clone", "ls-remote")),
    *(
        f"{tool} {sub}"
        for tool in ("npm", "pnpm", "yarn", "bun", "pip", "poetry", "composer", "bundle")
        for sub in ("install", "ci", "add", "audit", "outdated")
    ),
    *(f"docker {sub}" for sub in ("pull", "push", "login")),
    *(f"go {sub}" for sub in ("get", "mod", "install")),
    *(f"cargo {sub}" for sub in ("fetch", "install", "publish", "update")),
    "uv sync",
}
"""Programs, and programs with their first word, that reach other machines."""
