"""Settings: what is laid over what, what is refused and in which words, and that they are documented."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from outrider.errors import BadSetting
from outrider.settings import environment, load, rows
from outrider.settings.document import document
from outrider.settings.file import rename_node

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def home(tmp_path: Path) -> Mapping[str, str]:
    return {"HOME": str(tmp_path)}


def config(tmp_path: Path, text: str) -> Path:
    path = tmp_path / ".config" / "outrider" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_defaults(home: Mapping[str, str], tmp_path: Path) -> None:
    loaded = load({}, home)
    settings = loaded.settings
    assert (settings.host, settings.port, settings.bus, settings.tmux_socket) == (
        "127.0.0.1",
        3848,
        "local",
        "outrider",
    )
    assert settings.data == tmp_path / ".local/share/outrider"
    assert settings.runtime == settings.data / "run"
    assert settings.kinds == tmp_path / ".config/outrider/agents"
    assert settings.spawn.worktrees == settings.data / "worktrees"
    assert settings.watch == ()
    assert set(loaded.origins.values()) == {"default"}
    assert not settings.data.exists()


def test_later_wins_and_says_where_from(home: Mapping[str, str], tmp_path: Path) -> None:
    path = config(tmp_path, 'port = 1\nhost = "::1"\nnode = "one"\n[monitor]\nbusy_ms = 50\n')
    env = {**home, "OUTRIDER_PORT": "2", "OUTRIDER_NODE": "two", "OUTRIDER_MONITOR__CPU_BUDGET": "0.1"}
    loaded = load({"node": "three", "port": None}, env)
    settings = loaded.settings
    assert (settings.host, settings.port, settings.node) == ("::1", 2, "three")
    assert (settings.monitor.busy_ms, settings.monitor.cpu_budget) == (50, 0.1)
    assert loaded.origins["host"] == f"{path}:2"
    assert loaded.origins["monitor.busy_ms"] == f"{path}:5"
    assert loaded.origins["port"] == "environment OUTRIDER_PORT"
    assert loaded.origins["monitor.cpu_budget"] == "environment OUTRIDER_MONITOR__CPU_BUDGET"
    assert loaded.origins["node"] == "flag --node"
    assert loaded.origins["bus"] == "default"
    assert loaded.value("monitor.cpu_budget") == 0.1


def test_two_in_one_process_do_not_see_each_other(tmp_path: Path) -> None:
    first, second = (load({"data": tmp_path / name}, {"HOME": str(tmp_path)}).settings for name in ("a", "b"))
    assert first.data != second.data
    assert first.runtime != second.runtime


def test_runtime_is_in_the_runtime_directory_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    env = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    first, second = (load({"data": name}, env).settings.runtime for name in ("~/a", "~/b"))
    assert first.parent == tmp_path / "run" / "outrider"
    assert first != second
    assert len(first.name) == 8


def test_paths(home: Mapping[str, str], tmp_path: Path) -> None:
    path = config(tmp_path, 'data = "here"\nkinds = "~/mine"\n')
    settings = load({}, home).settings
    assert settings.data == path.parent / "here"
    assert settings.kinds == tmp_path / "mine"
    assert load({"data": "x/../y"}, home).settings.data == Path.cwd() / "y"


def test_lists_in_the_environment_have_commas(home: Mapping[str, str], tmp_path: Path) -> None:
    config(tmp_path, 'watch = ["default"]\n')
    assert load({}, home).settings.watch == ("default",)
    assert load({}, {**home, "OUTRIDER_WATCH": "default, work"}).settings.watch == ("default", "work")
    assert load({}, {**home, "OUTRIDER_WATCH": ""}).settings.watch == ()


def test_an_empty_variable_is_not_set(home: Mapping[str, str]) -> None:
    assert load({}, {**home, "OUTRIDER_PORT": "", "OUTRIDER_CONFIG": ""}).settings.port == 3848


REFUSED_FILES = [
    ("port = 1\nprot = 2", r"config.toml:2: there is no setting 'prot'. Did you mean 'port'\?"),
    ("[monitor]\ncpu_buget = 1", r"config.toml:2: .* 'monitor.cpu_buget'. Did you mean 'monitor.cpu_budget'\?"),
    ("cpu_budget = 0.1", r"config.toml:1: .* 'cpu_budget'. Did you mean 'monitor.cpu_budget'\?"),
    ("[zzz]\na = 1", r"config.toml:1: there is no setting 'zzz'. outrider config lists them all."),
    ("port = =", r"config.toml is not TOML: .*line 1"),
    ("\n\nport = 99999", r"config.toml:3: port = 99999 should be less than or equal to 65535."),
    ("[monitor]\ncpu_budget = 'much'", r"config.toml:2: monitor.cpu_budget = 'much' should be a number"),
    ("monitor.cpu_budget = nan", r"config.toml:1: monitor.cpu_budget = nan should be"),
    ("monitor = 3", r"config.toml:1: there is no setting 'monitor'"),
    ("watch = 'default'", r"config.toml:1: watch = 'default' should be a list"),
    ("tmux_socket = 'a/b'", r"tmux_socket = 'a/b' should be a tmux socket name"),
    ("node = 'a/b'", r"node = 'a/b' should be letters"),
    ("bus = 'kafka'", r"bus = 'kafka' should be local"),
    ("bus = 'redis+sentinel://host:26379/mymaster'", r"bus = .* Sentinels and Clusters are not supported"),
    ("data = 3", r"data = 3 should be a path"),
    ("data = ''", r"data = '' should be a path"),
    ("[spawn]\ncopy_files = ['**.env']", r"config.toml:2: .*'\*\*\.env' should have \*\* between slashes only"),
    ("[spawn]\ncopy_files = ['.']", r"config.toml:2: .* should name files in the checkout"),
    ("log_level = 'loud'", r"log_level = 'loud' should be 'debug'"),
]


@pytest.mark.parametrize(("text", "says"), REFUSED_FILES, ids=lambda value: value.split("\n")[-1][:20])
def test_a_bad_file_is_refused_in_a_sentence(home: Mapping[str, str], tmp_path: Path, text: str, says: str) -> None:
    config(tmp_path, text)
    with pytest.raises(BadSetting, match=says) as raised:
        load({}, home)
    assert raised.value.exit_code == 2
    assert "\n" not in raised.value.message


def test_a_file_that_was_asked_for_must_be_there(home: Mapping[str, str]) -> None:
    with pytest.raises(BadSetting, match="There is no config file"):
        load({"config": "~/nowhere.toml"}, home)
    with pytest.raises(BadSetting, match="There is no config file"):
        load({}, {**home, "OUTRIDER_CONFIG": "~/nowhere.toml"})


def test_bytes_that_are_no_text(home: Mapping[str, str], tmp_path: Path) -> None:
    config(tmp_path, "").write_bytes(b"port = 1 # \xff")
    with pytest.raises(BadSetting, match=r"config.toml cannot be read"):
        load({}, home)


def test_bad_flags_and_variables(home: Mapping[str, str]) -> None:
    with pytest.raises(BadSetting, match=r"flag --port: port = 'x' should be a whole number"):
        load({"port": "x"}, home)
    with pytest.raises(BadSetting, match=r"environment OUTRIDER_WATCH_ADOPT: watch_adopt = 'perhaps'"):
        load({}, {**home, "OUTRIDER_WATCH_ADOPT": "perhaps"})
    with pytest.raises(BadSetting, match=r"There is no setting 'hots'. Did you mean 'host'"):
        load({"hots": "x"}, home)


def test_a_misspelt_variable_is_warned_of(home: Mapping[str, str]) -> None:
    loaded = load({}, {**home, "OUTRIDER_PROT": "1", "OUTRIDER_GENERATION": "x", "OUTRIDER_TOKEN": "x"})
    assert loaded.warnings == ("OUTRIDER_PROT is not read; did you mean OUTRIDER_PORT?",)


def test_the_environment_is_a_copy() -> None:
    assert environment() == dict(os.environ)
    assert environment() is not os.environ


def test_every_row_has_help_and_its_own_variable() -> None:
    found = list(rows())
    assert len({row.variable for row in found}) == len(found)
    assert all(row.help.endswith(".") for row in found)
    names = {"HOST", "PORT", "DATA", "TMUX_SOCKET", "NODE", "BUS", "LOG_LEVEL", "MONITOR__CPU_BUDGET"}
    assert {f"OUTRIDER_{name}" for name in names} <= {row.variable for row in found}


def test_the_documentation_is_current() -> None:
    """Write it again with `python -m outrider.settings.document > docs/settings.md`."""
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == document()


def test_something_reads_every_row() -> None:
    """A setting that nobody reads is a promise that is not kept."""
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "src" / "outrider").rglob("*.py")
        if path.parent.name != "settings"
    )
    last = {row.name: row.name.rpartition(".")[2] for row in rows()}
    unread = {name for name, word in last.items() if not re.search(rf"\.{word}\b", source)}
    assert not unread, f"nothing reads {', '.join(sorted(unread))}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, 'node = "new"\n'),
        ("", 'node = "new"\n'),
        ("# mine\n[fleet]\nsteer = false\n", 'node = "new"\n# mine\n[fleet]\nsteer = false\n'),
        ("port = 1\nnode='old' # ours\n", 'port = 1\nnode= "new" # ours\n'),
    ],
)
def test_a_node_is_renamed_in_the_file_and_all_else_stays(tmp_path: Path, before: str | None, after: str) -> None:
    path = tmp_path / "outrider" / "config.toml"
    if before is not None:
        path.parent.mkdir()
        path.write_text(before)
    rename_node(path, "new")
    assert path.read_text() == after


@pytest.mark.parametrize("text", ["node = 5\n", "node = [\n", 'node = """\nold"""\n'])
def test_a_file_that_is_written_in_another_way_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(BadSetting, match=r"config\.toml is"):
        rename_node(path, "new")
    assert path.read_text() == text
