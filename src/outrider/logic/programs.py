"""Which programs test and which only read: tables for `logic.tools`. Those that merely start another are in `logic.wrappers`.

Names are base names. A test is anything that judges what was made: test runners, linters, type checkers, formatters in
their checking mode. A program in none of the tables works.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHELLS = _words("sh bash zsh dash ksh ash fish")

# They neither read nor make anything by themselves; a line of nothing else works.
NEUTRAL = _words(
    "cd pushd popd echo printf sleep true false : test [ [[ ]] export set unset source . wait trap read return exit local declare"
    " typeset shift ulimit umask shopt alias for case esac select function done fi } ) clear cls activate break continue"
)
KEYWORDS = _words("if then elif else while until do ! { coproc")

# Options of other programs that take the next word, so that it is not read as the subcommand.
VALUES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "git": _words("-C -c --git-dir --work-tree --namespace"),
        "go": _words("-C"),
        "make": _words("-C -f -I -o --directory --file"),
        "gmake": _words("-C -f -I -o --directory --file"),
        "just": _words("-f -d --justfile --working-directory"),
        "cargo": _words("--manifest-path --config -Z"),
        "mvn": _words("-f -pl -s -P --file --projects"),
        "mvnw": _words("-f -pl -s -P --file --projects"),
        "gradle": _words("-p -b -x --project-dir"),
        "gradlew": _words("-p -b -x --project-dir"),
        "npm": _words("-w --workspace --prefix"),
        "pnpm": _words("--filter -F -C --dir"),
        "yarn": _words("--cwd"),
        "turbo": _words("--filter"),
        "ruff": _words("--config"),
        "gh": _words("-R --repo"),
        "docker": _words("-H --context -f -p"),
        "kubectl": _words("-n --namespace --context --kubeconfig"),
        "ninja": _words("-C -f -j"),
        "xcodebuild": _words("-scheme -project -workspace -destination -configuration -sdk"),
        "cmake": _words("--build"),
    }
)

TESTERS = _words(
    # runners
    "pytest py.test unittest doctest nose nosetests nose2 trial behave robot tox nox stestr green jest vitest mocha ava tape karma cypress"
    " jasmine testem wtr tap rspec cucumber minitest phpunit pest paratest codecept ctest gotestsum ginkgo bats busted prove elm-test"
    " kyua schemathesis py_compile compileall nextest cargo-nextest"
    # type checkers
    " mypy dmypy pyright basedpyright pyre pytype ty pyrefly vue-tsc svelte-check tsd flow dialyzer phpstan psalm steep srb"
    # linters
    " flake8 pylint pycodestyle pydocstyle pyflakes bandit vulture lint-imports codespell typos eslint eslint_d stylelint oxlint tslint xo"
    " standard publint attw knip depcheck markdownlint markdownlint-cli2 htmlhint shellcheck golangci-lint staticcheck revive errcheck"
    " gosec govulncheck rubocop standardrb brakeman phpcs hadolint yamllint actionlint vale ansible-lint tflint checkov ktlint detekt"
    " swiftlint checkstyle clang-tidy cppcheck cpplint luacheck selene credo djlint kubeconform"
    # what runs them again at each change, mutates or counts what they cover
    " ptw pytest-watch pytest-watcher shellspec vstest.console nunit3-console xunit.console cargo-llvm-cov cargo-tarpaulin mutmut"
    " cosmic-ray stryker dotnet-stryker reg-suit lhci pa11y-ci nightwatch testcafe wdio protractor"
)

# The first word after the program, or the first two, that make it a test.
TEST_VERBS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "go": _words("test vet"),
        "cargo": _words("test t clippy check c bench nextest miri deny audit udeps machete llvm-cov tarpaulin mutants")
        | {"hack test", "hack check", "hack clippy", "xtask test"},
        "ruff": _words("check"),
        "biome": _words("check lint ci"),
        "playwright": _words("test"),
        "deno": _words("test lint check bench") | {"task test", "task lint", "task check"},
        "bun": _words("test"),
        "ng": _words("test lint e2e"),
        "swift": _words("test"),
        "flutter": _words("test analyze drive"),
        "dart": _words("test analyze"),
        "mix": _words("test credo dialyzer"),
        "rebar3": _words("eunit ct dialyzer xref"),
        "stack": _words("test"),
        "cabal": _words("test check"),
        "dune": _words("test runtest"),
        "zig": _words("test") | {"build test"},
        "react-scripts": _words("test"),
        "craco": _words("test"),
        "vue-cli-service": _words("test:unit test:e2e lint"),
        "astro": _words("check"),
        "next": _words("lint"),
        "nuxi": _words("typecheck test"),
        "expo": _words("lint"),
        "gleam": _words("test"),
        "crystal": _words("spec"),
        "nimble": _words("test"),
        "raco": _words("test"),
        "R": frozenset({"CMD check"}),
        "cross": _words("test clippy check"),
        "richgo": _words("test"),
        "tuist": _words("test"),
        "fastlane": _words("test tests scan"),
        "opa": _words("test check"),
        "conftest": _words("test verify"),
        "dbt": _words("test"),
        "taplo": _words("lint check"),
        "trunk": _words("check"),
        "lefthook": frozenset({"run pre-commit", "run pre-push"}),
        "ape": _words("test"),
        "truffle": _words("test"),
        "docker": frozenset({"buildx bake test"}),
        **{
            name: frozenset({"run test", "run lint", "run check", "run types"})
            for name in _words("pdm rye pixi devbox")
        },
        "dotnet": _words("test vstest"),
        "bazel": _words("test"),
        "bazelisk": _words("test"),
        "buck2": _words("test"),
        "pants": _words("test lint check"),
        "rails": _words("test spec"),
        "artisan": _words("test"),
        "manage.py": _words("test check"),
        "forge": _words("test"),
        "hardhat": _words("test"),
        "anchor": _words("test"),
        "helm": _words("lint test"),
        "terraform": _words("validate test"),
        "tofu": _words("validate test"),
        "buf": _words("lint breaking"),
        "sqlfluff": _words("lint"),
        "molecule": _words("test verify"),
        "hatch": _words("test") | {"run test", "run lint", "run check", "run types"},
        "uv": _words("check"),
        "pip": _words("check"),
        "poetry": _words("check"),
        "meson": _words("test"),
        "pre-commit": _words("run"),
        "prek": _words("run"),
    }
)

# Task runners: any target or script whose name has one of CHECK_PARTS is a test (`test:unit`, `:app:check`, `lint-py`).
TASK_RUNNERS = _words(
    "make gmake just task rake invoke inv mage earthly ninja npm yarn pnpm bun nx turbo lerna gradle gradlew mvn mvnw sbt mill lein ant"
    " composer moon wireit xcodebuild cmake poe doit scons waf mise rush rushx npm-run-all run-s run-p"
)
CHECK_PARTS = _words(
    "test tests t tst check checks lint linter typecheck types spec specs e2e unit integration verify validate clippy mypy pytest jest"
    " vitest eslint smoke coverage testonly testall runtest connectedcheck testdebugunittest integrationtest unittest unittests runtests"
)
# A target that begins with one of these prepares a test or serves it (`start:test-server`).
PREPARES = _words("start serve seed deploy setup clean")
# Words of those runners that are no target of the project.
RUNNER_VERBS = _words("run run-script run-many -s")
NOT_TARGETS = _words(
    "install i add remove rm ci init create publish update upgrade require uninstall link unlink pack config version start"
    " ls list view info outdated explain why search audit show dependencies help"
)

# Where an option makes a formatter or an interpreter a check.
CHECK_FLAGS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "tsc": re.compile(r"--noEmit"),
        "black": re.compile(r"--check|--diff"),
        "isort": re.compile(r"--check(-only)?|-c|--diff"),
        "autopep8": re.compile(r"--diff|-d"),
        "yapf": re.compile(r"--diff|-d"),
        "ruff": re.compile(r"--check|--diff"),
        "prettier": re.compile(r"--check|-c|--list-different|-l"),
        "dprint": re.compile(r"check"),
        "cargo": re.compile(r"--check"),
        "rustfmt": re.compile(r"--check"),
        "gofmt": re.compile(r"-[ld]+"),
        "goimports": re.compile(r"-[ld]+"),
        "shfmt": re.compile(r"-[ld]+"),
        "terraform": re.compile(r"-check(=true)?"),
        "clang-format": re.compile(r"--dry-run|-n"),
        "dotnet": re.compile(r"--verify-no-changes"),
        "mix": re.compile(r"--check-formatted"),
        "node": re.compile(r"--test|--check|-c"),
        "tsx": re.compile(r"--test"),
        "msbuild": re.compile(r"[/-](?:t|target):(?:VS)?Test", re.IGNORECASE),
        "clojure": re.compile(r"-[MX]\S*:test\S*"),
        "clj": re.compile(r"-[MX]\S*:test\S*"),
        "php": re.compile(r"-l"),
        "ruby": re.compile(r"-c|-wc"),
        "perl": re.compile(r"-c|-wc"),
        "bash": re.compile(r"-n"),
        "sh": re.compile(r"-n"),
    }
)

READERS = _words(
    "cat head tail ls ll less more bat batcat grep egrep fgrep rg ag ack find fd fdfind tree wc sort uniq cut tr awk gawk sed nl tac rev"
    " column comm diff cmp colordiff delta file stat du df which whereis type pwd realpath readlink basename dirname od xxd hexdump strings"
    " jq yq xq gron man tldr info help ps pgrep top htop lsof ss netstat id whoami hostname uname date uptime free lscpu printenv locale"
    " curl http lynx w3m dig host nslookup ping git-log tokei cloc scc ctags journalctl dmesg md5sum sha1sum sha256sum shasum cksum zcat"
    " zgrep zless json.tool seq paste join fold expand history jobs getent groups nm objdump readelf otool ldd eza exa lsd dust pdftotext"
)
READ_VERBS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "git": _words(
            "log diff status show blame grep ls-files ls-tree ls-remote cat-file rev-parse rev-list describe shortlog reflog"
            " show-ref name-rev whatchanged merge-base for-each-ref check-ignore diff-tree diff-index count-objects"
            " show-branch range-diff help version"
        )
        | {"stash list", "stash show", "worktree list", "remote show", "submodule status", "config get", "config list"},
        "gh": frozenset(
            f"{noun} {verb}"
            for noun in ("pr", "issue", "run", "repo", "release", "workflow", "label")
            for verb in ("view", "list", "diff", "status", "checks")
        )
        | {"search", "status"},
        "docker": _words("logs ps inspect images stats top version info") | {"compose logs", "compose ps"},
        "podman": _words("logs ps inspect images stats top version info"),
        "kubectl": _words("get describe logs top explain version"),
        "npm": _words("ls list view info outdated explain why search audit"),
        "yarn": _words("list info why outdated"),
        "pnpm": _words("ls list why outdated"),
        "pip": _words("list show freeze index"),
        "uv": frozenset({"pip list", "pip show", "pip freeze", "tree"}),
        "poetry": _words("show"),
        "cargo": _words("tree metadata search"),
        "go": _words("doc list env version"),
        "brew": _words("list info search"),
        "apt": _words("list show search policy"),
        "apt-cache": _words("show search policy"),
        "dpkg": _words("-l -L -s"),
        "systemctl": _words("status list-units show"),
        "tmux": _words("ls list-sessions list-panes list-windows capture-pane display-message show-options"),
        "crontab": _words("-l"),
    }
)
# Subcommands that list when nothing follows them, and change something when a name does.
LISTS_ALONE: Mapping[str, frozenset[str]] = MappingProxyType({"git": _words("branch tag remote")})

# Options with which a reader writes.
WRITE_FLAGS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "sed": re.compile(r"-[nErsuz]*i.*|--in-place.*"),
        "awk": re.compile(r"-i"),
        "gawk": re.compile(r"-i"),
        "find": re.compile(r"-delete|-fprint.*"),
        "sort": re.compile(r"-o.*|--output.*"),
        "yq": re.compile(r"-i|--inplace"),
        "curl": re.compile(r"-[sSfLkgi]*[XdoOFT].*|--(request|data|output|remote-name|form|upload-file|json).*"),
        "http": re.compile(r"POST|PUT|PATCH|DELETE"),
    }
)
