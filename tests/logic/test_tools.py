import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outrider.logic.tools import of_command, of_tool
from outrider.model.state import Detail, State

TESTING = """
pytest
python3 -m pytest -v tests
python -X dev -m pytest
.venv/bin/python3.11 -m unittest discover
/usr/bin/env python -m pytest
pytest -q > /tmp/log 2>&1; tail -5 /tmp/log
cd x && pytest
cd /a/b && source .venv/bin/activate && FOO=1 pytest -x -k 'a and b' 2>&1 | tail -20
env A=b C=d pytest
timeout 60 pytest
timeout -k 5 60 sudo -u bob nice -n 5 pytest
sudo -E make test
bash -c 'cd x && cargo test'
bash -lc "npm test"
sh -x ./run_tests.sh
docker compose exec -T web pytest
docker run --rm -v /a:/b image pytest
uv run pytest
uv run --with pytest-cov -p 3.12 pytest -q
uvx ruff check .
poetry run pytest
pipenv run mypy .
coverage run -m pytest
npx jest --watchAll=false
npx -y vitest run
pnpm exec eslint .
bunx vitest
yarn jest
yarn test
yarn workspace app test
pnpm -r test
pnpm --filter app test:unit
npm t
npm test
npm run test
npm run test:unit -- --runInBand
npm run lint
npm run -s typecheck
npm --prefix web run e2e
bun test
bun run test
deno test -A
node --test
go test ./...
go -C sub test -run X ./pkg
go vet ./...
cargo test --all
cargo clippy -- -D warnings
cargo +nightly test
cargo check
cargo nextest run
cargo fmt --check
mvn -q test
./mvnw verify -DskipITs
gradle test
./gradlew :app:testDebugUnitTest
./gradlew clean check
bundle exec rspec
rspec spec/a_spec.rb
bin/rails test
ctest --output-on-failure
make test
make -C build -j4 check
make lint typecheck
just test
tox -e py311
nox -s tests
vendor/bin/phpunit
composer test
php artisan test
dotnet test
mix test
swift test
sbt test
bazel test //...
python manage.py test
mypy --strict src
ruff check .
ruff format --check .
black --check .
prettier --check src
eslint src --fix
tsc --noEmit
npx tsc -p . --noEmit
shellcheck *.sh
golangci-lint run
pre-commit run -a
terraform validate
python tests/test_parser.py
./scripts/run-tests.sh
bash scripts/check.sh
for i in 1 2 3; do pytest -q || break; done
if ! pytest; then git status; fi
(cd a; pytest)
find . -name '*.py' | xargs mypy
while true; do make test; sleep 1; done
time -p pytest
nohup pytest &
rm -rf build && cmake -B build && cmake --build build && ctest --test-dir build
echo $(pytest -q | tail -1)
python -m py_compile a.py
ssh -p 22 host 'cd x && pytest'
watch -n 2 'make test | tail'
kubectl exec -it pod -n a -- pytest -q
py -3 -m pytest
su bob -c 'npm test'
xcodebuild -scheme App test
cmake --build build --target test
/usr/bin/time -v pytest
git stash && pytest; git stash pop
find . -name '*.sh' -exec shellcheck {} +
tmux new-session -d -s t 'cd x && pytest -q'
screen -dm make test
script -q -c 'cd x && pytest' log
systemd-run --user --scope -p CPUQuota=50% pytest
nix develop -c pytest
nix-shell --run 'make check'
firejail npm test
unshare -n pytest
chroot /jail pytest
busybox sh -c 'make test'
ls *.py | entr -c pytest
ptw
npm-run-all lint test
npx concurrently 'npm test' 'npm run dev'
npx react-scripts test
npx next lint
zig build test
clojure -X:test
R CMD check .
symfony php bin/phpunit
cargo hack test
cargo llvm-cov
msbuild /t:Test
deno task test
pdm run test
hatch run lint
make testall
tsx --test a.ts
"""

READING = """
cat src/a.py
head -20 a | tail -3
ls -la
cd src && grep -rn "pytest" . | head
grep -n def src/parser.py && sleep 4
rg 'cargo test' --files
find . -name '*.py' -not -path './x/*'
find . -name '*.c' -exec grep -l main {} \\;
find . -type f | xargs grep -l foo | sort | uniq -c
git log --oneline -5
git -C /a --no-pager diff HEAD~1
git status
git branch
git stash list
git show HEAD:a.py | sed -n 1,20p
sed -n '1,40p' a.py
awk '{print $1}' f
wc -l *.py; echo done
cat a 2>/dev/null || echo none
sudo cat /var/log/syslog
which pytest
pytest --version
curl -s https://example.org/page
gh pr view 3
docker logs -n 5 web
pip list
npm ls
env | grep PATH
bash -c 'cat x | grep pytest'
for f in *.py; do head -3 "$f"; done
jq .scripts package.json
npm view jest versions
yarn why vitest
ssh host cat /etc/hosts
"""

WORKING = """
npm install
npm ci
npm run build
npm install pytest
pip install pytest mypy
make
cargo build --release
go build ./...
python script.py
python -c 'import pytest'
python3 - <<'EOF'\\nimport pytest\\npytest.main()\\nEOF
git commit -m 'run pytest'
git branch -D old
git push
git stash
rm -rf build
mkdir -p a/b
echo hello
echo pytest
sleep 20
cat > test_a.py <<'EOF'\\ndef test_a(): pass\\nEOF
cat a > b
sed -i s/a/b/ f
sed -i.bak s/a/b/ f
find . -name '*.pyc' -delete
find . -name x -exec rm {} +
curl -X POST http://localhost/x
curl -o f http://localhost/x
cat a | python script.py
ls && rm x
for i in 1 2 3; do echo building step $i; sleep 1; done
ruff format .
black .
tsc -p .
cargo fmt
docker compose up -d
test -f a && touch b
[ -d tests ] || mkdir tests
uv add pytest
poetry add pytest
apt-get install shellcheck
node server.js
npm run start:test-server
npm run seed:test
tmux new-session -d -s server 'npm start'
tmux kill-session -t test
screen -dm npm start
bash deploy.sh
./configure
pre-commit install
npm start
cmake -S . -B build
python3


"""


def lines(table: str) -> list[str]:
    return [line.replace("\\n", "\n").replace("\\\\", "\\") for line in table.removeprefix("\n").splitlines()]


@pytest.mark.parametrize(
    ("state", "command"),
    [(State.TESTING, line) for line in lines(TESTING)]
    + [(State.READING, line) for line in lines(READING)]
    + [(State.WORKING, line) for line in lines(WORKING)],
)
def test_a_command_line_tells_the_state(state: State, command: str) -> None:
    assert of_command(command) is state


@given(st.text() | st.text(alphabet="cd x&|;'\"\\\n()$`<>-pytest=/"))
def test_any_text_gets_an_answer(command: str) -> None:
    assert of_command(command) in {State.TESTING, State.READING, State.WORKING}


@pytest.mark.parametrize(
    "command",
    [
        "sudo " * 20_000,
        "(" * 100_000,
        "'" * 100_001,
        "\\" * 99_999,
        "a=b " * 50_000,
        '"\\"' * 50_000,
        'bash -c "' * 9_000,
        "$((" * 40_000,
        "<<A " * 20_000 + "\n" * 100_000,
        "make " + "test_" * 20_000 + "!",
        "2" * 100_000,
    ],
)
def test_hostile_text_is_judged_in_time(command: str) -> None:
    start = time.process_time()
    of_command(command)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("tool", "tool_input", "state", "detail"),
    [
        ("Read", {"file_path": "/p/a.py"}, State.READING, Detail(tool="Read", file="/p/a.py")),
        ("Grep", {"pattern": "def", "path": "src"}, State.READING, Detail(tool="Grep", file="src")),
        ("WebFetch", {"url": "http://a", "prompt": "p"}, State.READING, Detail(tool="WebFetch", file="http://a")),
        ("Edit", {"file_path": "a", "old_string": "x"}, State.WORKING, Detail(tool="Edit", file="a")),
        ("NotebookEdit", {"notebook_path": "n"}, State.WORKING, Detail(tool="NotebookEdit", file="n")),
        ("Bash", {"command": "pytest -q"}, State.TESTING, Detail(tool="Bash", command="pytest -q")),
        ("Bash", {}, State.WORKING, Detail(tool="Bash")),
        ("Task", {"description": "look"}, State.WORKING, Detail(tool="Task", message="look")),
        ("TodoWrite", {"todos": []}, State.WORKING, Detail(tool="TodoWrite")),
        ("mcp__github__list_issues", {}, State.READING, Detail(tool="mcp__github__list_issues")),
        ("mcp__jira__createIssue", {}, State.WORKING, Detail(tool="mcp__jira__createIssue")),
        ("mcp__jira__getIssue", {}, State.READING, Detail(tool="mcp__jira__getIssue")),
        ("mcp__ide__getDiagnostics", {}, State.TESTING, Detail(tool="mcp__ide__getDiagnostics")),
        ("mcp__", {}, State.WORKING, Detail(tool="mcp__")),
        ("SomethingNew", {"file_path": 3, "command": ["x"]}, State.WORKING, Detail(tool="SomethingNew")),
        (
            "AskUserQuestion",
            {"questions": [{"question": "Which?", "options": [{"label": "A"}, {"label": "B", "description": "b"}]}]},
            State.WAITING,
            Detail(tool="AskUserQuestion", question="Which?", options=("A", "B")),
        ),
        ("AskUserQuestion", {"questions": [3]}, State.WAITING, Detail(tool="AskUserQuestion")),
        ("AskUserQuestion", {}, State.WAITING, Detail(tool="AskUserQuestion")),
        (
            "ExitPlanMode",
            {"plan": "1. Do"},
            State.WAITING,
            Detail(tool="ExitPlanMode", question="Proceed with this plan?", message="1. Do"),
        ),
    ],
)
def test_a_tool_tells_the_state_and_what_it_works_on(
    tool: str, tool_input: dict[str, object], state: State, detail: Detail
) -> None:
    assert of_tool(tool, tool_input) == (state, detail)
