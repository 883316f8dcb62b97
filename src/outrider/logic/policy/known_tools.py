"""Options that are known to be harmless: interpreters, text tools, and what Python and JavaScript are built and tested with.

Written as `options.py` says, from the manuals. What a program does with the files of the work tree is its own affair; left out is
what takes a command line, code, a module from elsewhere, an address, or settings that do one of these.
"""

from collections.abc import Mapping
from types import MappingProxyType

from outrider.logic.policy.options import Spec, spec

_TSX = "^ -v --version -h --help --no-cache --tsconfig= --conditions= --clear-screen"
_TEXTS: Mapping[str, str] = {
    # Interpreters
    "python": """^ -b -bb -B -d -E -I -O -OO -P -q -s -S -u -v -V -h -W= --version --help -m! -X= !/-W=?.*::\\w+\\..*/ !-X=presite*
        !-X=pycache_prefix*""",
    "node": """^ -v --version -h --help -c --check --test --test-only --test-name-pattern= --test-concurrency= --test-timeout=
        --test-force-exit --watch --watch-path= --enable-source-maps --trace-warnings --trace-deprecation --trace-uncaught --no-warnings
        --no-deprecation --throw-deprecation --max-old-space-size= --max_old_space_size= --stack-trace-limit= --expose-gc
        --unhandled-rejections= --experimental-vm-modules --experimental-strip-types --experimental-transform-types
        --experimental-test-coverage --experimental-modules --experimental-json-modules --experimental-sqlite --preserve-symlinks""",
    "tsx": _TSX,
    "ts-node": """^ -T --transpile-only --files -v --version -h --help --esm --swc -s --script-mode --cwd-mode --type-check -P=
        --project= --pretty -H -D= -F""",
    "ruby": "^ -w -W0 -W1 -W2 -c -v --version --help -h -I= --yjit --jit -U -d -y --disable-gems --encoding= -K*",
    "perl": "^ -w -W -c -v -V -T -t -U -X -I= -C* --version -h",
    "php": "^ -l -v -m -n -q -f= -h --version --ini",
    "lua": "^ -v -W -E",
    "Rscript": """^ --vanilla --no-save --no-restore --slave --quiet --verbose --version --no-environ --no-site-file
        --no-init-file""",
    "julia": """^ --project --project= -t= --threads= -O* --startup-file=no --startup-file=yes --color= --check-bounds= -v --version
        -q -h --depwarn= --code-coverage* --compiled-modules= --inline=""",
    "elixir": "^ -v --version -h --help --no-color",
    "java": """^ ~ -jar! -cp= -classpath= --class-path= -Xm* -Xss* -ea -da -enableassertions -version --version -showversion -server
        --enable-preview --source= -XX:+UseG1GC -XX:MaxRAMPercentage=* -Dfile.encoding=* -Duser.timezone=*
        -Dspring.profiles.active=* -Dserver.port=* -Djava.awt.headless=* --add-opens= --add-exports= --add-modules= -h --help""",
    "deno": """^ -A --allow-all --allow-read* --allow-write* --allow-net* --allow-env* --allow-run* --allow-ffi* --allow-sys*
        --allow-hrtime --deny-* --no-check --check --watch --unstable* -q --quiet --coverage* --config= -c= --lock= --no-lock
        --import-map= --filter= --fail-fast --parallel --reload --cached-only -h -V --version --ignore= --ext= --json --doc
        --no-remote --permit-no-files --fix""",
    "bun": """^ --watch --hot --bun -b --silent --coverage --coverage-reporter= --bail -t= --test-name-pattern= --timeout= --version
        -v --revision -h --help --frozen-lockfile --production --no-save --outdir= --outfile= --target= --minify --sourcemap*
        --splitting --format= --if-present --filter= --update-snapshots -u --only --todo --rerun-each= --smol --dry-run""",
    # Texts and files
    "man": "-k -f -a -w -W -K -S= -s= -L= -M= --version -h --help -7 -i -I --regex --wildcard --names-only -u",
    "bat": """-n -p -A --plain -P --paging= --style= --color= --line-range= -r= -l= --language= -H= --highlight-line= --wrap=
        --theme= --decorations= -u -s --number --show-all --tabs= --terminal-width= -V --version -h --help --list-themes
        --list-languages -L -d --diff -f""",
    "cloc": """--by-file --by-file-by-lang --json --yaml --csv --md --quiet --exclude-dir= --exclude-lang= --include-lang=
        --include-ext= --exclude-ext= --not-match-d= --not-match-f= --match-f= --match-d= --fullpath --vcs=git --vcs=auto
        --hide-rate --sum-one --by-percent= --skip-uniqueness --unicode --progress-rate= --follow-links --diff --show-lang
        --version --help -h""",
    "split": """-a= -b= -C= -d -e -l= -n= -t= -u -x --bytes= --lines= --number= --line-bytes= --suffix-length= --numeric-suffixes*
        --hex-suffixes* --additional-suffix= --verbose --elide-empty-files --help --version""",
    "csplit": """-b= -f= -k -n= -s -z --prefix= --suffix-format= --keep-files --digits= --quiet --silent --elide-empty-files""",
    "install": """-b -c -C -d -D -g= -m= -o= -p -S= -t= -T -v --mode= --target-directory= --directory --verbose --backup*
        --preserve-timestamps --compare""",
    "patch": """-p= -N --forward -R --reverse -E -b --backup -i= --input= -d= --directory= -o= --output= -s --quiet --silent
        --dry-run -l --ignore-whitespace -F= --fuzz= -f --force -t --batch -u -c --unified --context -n --normal -r=
        --reject-file= --strip= -z= --suffix= --verbose --binary --merge* --no-backup-if-mismatch --posix --version --help""",
    "tar": """-c -x -t -r -u -v -z -j -J -a -p -k -h -C= -f= -O -S -m -n -T= -X= -l -o -d -i -b= --exclude= --exclude-vcs
        --exclude-vcs-ignores --exclude-from= --strip-components= --keep-old-files --skip-old-files --overwrite --directory=
        --file= --create --extract --get --list --verbose --gzip --gunzip --bzip2 --xz --zstd --auto-compress --wildcards
        --no-wildcards --no-same-owner --no-same-permissions --numeric-owner --owner= --group= --mode= --mtime= --sort=
        --to-stdout --totals --keep-newer-files --no-recursion --dereference --preserve-permissions --one-top-level
        --one-top-level= --anchored --files-from= --null --format= --diff --compare --append --update --warning= --acls
        --xattrs --hard-dereference --version --help""",
    # Python
    "pytest": """--* -x -v -q -s -l -h -V -r= -k= -m= -n= -c= -p= -W= -o= --config-file= --tb= --maxfail= --durations= --durations-min=
        --deselect= --ignore= --ignore-glob= --rootdir= --confcutdir= --cov= --cov-report= --cov-config= --cov-fail-under=
        --cov-context= --junitxml= --junit-xml= --log-level= --log-cli-level= --log-file= --log-format= --color= --capture=
        --timeout= --dist= --numprocesses= --maxprocesses= --reruns= --reruns-delay= --asyncio-mode= --import-mode=
        --hypothesis-seed= --hypothesis-profile= --randomly-seed= --ds= --benchmark-*  --html= --browser= --base-url= --count=
        --splits= --group= --durations-path= --verbosity= --show-capture= --alluredir= --doctest-glob= --snapshot-*
        !/-p(=(?!no:)|(?![=n]|no:)).*/ !/-W=?.*::(?!pytest\\.)\\w+\\..*/""",
    "tox": """-e= -p= --parallel= -r --recreate -q -v -l -a --list --listenvs --skip-env= --notest -s= --skip-missing-interpreters=
        -c= --conf= --workdir= --root= --no-recreate-pkg --sitepackages --result-json= --colored= -o --parallel-live --version -h
        --help -m= -f= --skip-pkg-install""",
    "nox": """-s= --session= --sessions= -e= -k= --keywords= -t= --tags= -l --list -r --reuse-existing-virtualenvs -R -N
        --no-install -p= --python= -f= --noxfile= -v --verbose --error-on-missing-interpreters -x --stop-on-first-error --color
        --no-color --version -h --help --envdir= --non-interactive""",
    "pylint": """-E -j= --jobs= -d= --disable= -e= --enable= --rcfile= -f= --output-format= -r= --reports= -s= --score=
        --errors-only --ignore= --ignore-paths= --ignore-patterns= --fail-under= --fail-on= --recursive= --version -h --help
        --list-msgs --persistent= --extension-pkg-allow-list= --py-version= --good-names= --msg-template= --max-* --min-*
        --exit-zero -v --output= --from-stdin""",
    "uvicorn": """--host= --port= --reload --reload-dir= --reload-include= --reload-exclude= --workers= --log-level= --factory
        --no-access-log --access-log --use-colors --no-use-colors --proxy-headers --root-path= --app-dir= --lifespan= --http= --ws=
        --timeout-keep-alive= --limit-concurrency= --version --help --uds=""",
    "gunicorn": """-w= --workers= -b= --bind= -k= --worker-class= --threads= -t= --timeout= --reload --log-level= --access-logfile=
        --error-logfile= --graceful-timeout= --keep-alive= --max-requests= --preload --chdir= -c= --config= --name= -n= --version -h
        --help --check-config --capture-output --pythonpath= !-c=python:* !--config=python:*""",
    "sphinx-build": """-b= -M= -a -E -n -W -T -q -Q -v -j= --keep-going -t= -d= -w= -c= --builder= --jobs= --fail-on-warning --nitpicky
        --fresh-env --write-all -N --color --no-color --version""",
    "mkdocs": "--strict -s -f= --config-file= -d= --site-dir= -c --clean -q -v --no-directory-urls --use-directory-urls --dirty",
    "pip": """-r= --requirement= -c= --constraint= -e= --editable= -U --upgrade -q -v --no-deps --no-cache-dir --pre --user
        --force-reinstall --no-input --disable-pip-version-check --upgrade-strategy= --no-build-isolation --dry-run -I
        --ignore-installed --no-warn-script-location --progress-bar= --use-pep517 --no-binary= --only-binary= --prefer-binary
        --require-hashes --no-index --ignore-requires-python --root-user-action= --outdated -o --format= --local -l
        --not-required --exclude= --version -V -h --help --retries= --timeout= --no-color --report= --verbose --quiet
        --isolated --require-virtualenv --uptodate""",
    "uv": """-r= --requirement= -c= --constraint= -e= --editable= --all-extras --extra= --dev --no-dev --group= --all-groups
        --no-group= --only-group= --frozen --locked --upgrade -U --upgrade-package= -P= --python= -p= --offline --no-cache -q
        --quiet -v --verbose --no-sync --no-install-project --inexact --exact --no-build --sdist --wheel --package=
        --all-packages --seed --clear --prompt= --allow-existing --version -V -h --help --color= --no-progress --reinstall
        --no-deps --prerelease= --resolution= --compile-bytecode --link-mode= --no-editable --no-default-groups
        --output-format= --dry-run --check -n -o= --out-dir= --output-file= --universal --generate-hashes --no-header
        --outdated --format= !--python=*/* !-p=*/*""",
    "poetry": """--with= --without= --only= --no-root --sync --no-dev --all-extras -E= --extras= -q -v -n --no-interaction --no-ansi
        --no-cache --dry-run --compile --no-update --regenerate -f= --format= -o= --output= --tree -t --latest -l --outdated
        -a --all --lock --strict -V --version -h --help --no-plugins --all-groups -T --why --only-root""",
    # JavaScript
    "npm": """-s --silent --quiet --verbose --if-present -w= --workspace= -ws --workspaces --include-workspace-root --prefix= -C=
        --production --omit= --include= --legacy-peer-deps --force -f --no-audit --no-fund --no-save --no-optional
        --no-package-lock --package-lock-only --prefer-offline --offline --prefer-online --ignore-scripts --audit-level=
        --loglevel= --depth= -a --all --json --long --parseable --dry-run --progress= --no-progress --color= --no-color
        --foreground-scripts --dev --only= --version -v -h --help -l --engine-strict --install-strategy= --pack-destination=
        --cache=""",
    "yarn": """^ --frozen-lockfile --immutable --immutable-cache --silent -s --prod --production --production=true --ignore-scripts
        --ignore-engines --non-interactive --network-timeout= --check-files --force --offline --prefer-offline --verbose
        --no-progress --json --version -v --mode= --inline-builds --check-cache --pure-lockfile --no-lockfile --ignore-optional
        --ignore-platform -W -A --all -p -i -t --flat""",
    "pnpm": """^ -r --recursive --filter= -F= -w --workspace-root --silent -s --frozen-lockfile --no-frozen-lockfile
        --prefer-offline --offline --ignore-scripts --prod -P -D --dev --no-optional --parallel --stream --aggregate-output
        --if-present --reporter= --workspace-concurrency= --sort --no-sort --lockfile-only --fix-lockfile --version -v -h --help
        --color --no-color --depth= --json --long --force --strict-peer-dependencies --no-bail --resume-from=""",
    "jest": """--* -u -t= -i -c= --config= -w= -o -b -h -v --testNamePattern= --testPathPattern= --testPathPatterns= --maxWorkers=
        --testTimeout= --watchAll=* --watch=* --ci=* --coverage=* --coverageReporters= --coverageDirectory=
        --collectCoverageFrom= --reporters= --selectProjects= --projects= --env= --outputFile= --rootDir= --silent=* --verbose=*
        --bail=* --shard= --changedSince= --testPathIgnorePatterns= --cache=* --seed= --testMatch= !-c=**{** !--config=**{**""",
    "vitest": """--* --coverage.* --reporter= -t= --testNamePattern= --config= -c= -r= --root= -u -w --watch=* --environment= --project=
        --maxWorkers= --testTimeout= --mode= --pool= --bail= --shard= --changed= --silent=* --outputFile= --retry=""",
    "mocha": """--timeout= -t= -g= --grep= -f= --fgrep= -R= --reporter= --recursive --exit --bail -b -w --watch --parallel -j=
        --jobs= --ui= -u= --spec= --ignore= --config= --retries= -s= --slow= --forbid-only --check-leaks --color -c --no-color
        --full-trace --sort -S -i --invert --dry-run --extension= --version -V -h --help -A --inline-diffs --diff
        --watch-files=""",
    "ava": """-v --verbose -s --serial -T= --timeout= -m= --match= -u --update-snapshots -w --watch -t --tap -c= --concurrency=
        --fail-fast --color --no-color --config= --no-worker-threads --version --help""",
    "playwright": """--project= -g= --grep= --grep-invert= --headed --headed=* --workers= -j= --reporter= --retries= --timeout= -u
        --update-snapshots -c= --config= --output= --trace= --max-failures= -x --last-failed --list --repeat-each= --shard=
        --forbid-only --pass-with-no-tests --quiet --fully-parallel --browser= --global-timeout= --only-changed --no-deps
        --version""",
    "cypress": """--spec= -s= --headless --headed -b= --browser= --e2e --component --config-file= --env= -e= --quiet -q --project=
        -P= --port= -p= --reporter= --no-exit --config= !-b=*/* !--browser=*/*""",
    "rollup": """-c --config -w --watch -i= --input= -o= --file= -d= --dir= -f= --format= -m --sourcemap --sourcemap=* -n=
        --name= -e= --external= --silent --environment= --bundleConfigAsCjs --failAfterWarnings -v --version -h --help""",
    "webpack": """--mode= -c= --config= --watch -w --env= --progress --devtool= -d= --entry= -o= --output-path= --stats= --json
        --color --no-color --node-env= --fail-on-warnings --config-name= -n= -t= --target= --profile --hot --port= --host=
        --version -v -h --help""",
    "turbo": """--filter= -F= --force --force=* --dry-run --dry --dry=* --parallel --continue --concurrency= --no-cache
        --output-logs= --only --summarize --no-daemon --daemon --log-order= --log-prefix= --env-mode= --affected --ui= --color
        --no-color --verbosity= --cache= --cache-dir= --include-dependencies --scope= --since= --no-deps""",
    "nx": """-t= --target= --targets= -c= --configuration= --prod --skip-nx-cache --skipNxCache --parallel --parallel=* --base= --head=
        --all --exclude= --projects= -p= --project= --verbose --dry-run -d --nx-bail --output-style= --fix --watch --watch=*
        --coverage --codeCoverage --ci --testFile= --testNamePattern= --maxWorkers= --file= --files= --uncommitted --untracked
        --port= --host=""",
    "tsup": """--format= -d= --out-dir= --dts --dts-only --watch --minify --clean --sourcemap --target= --splitting --no-splitting
        --silent --external= --treeshake --platform= --config= --tsconfig= --no-config --shims --global-name= --keep-names
        --metafile""",
}  # fmt: skip
TOOLS: Mapping[str, Spec] = MappingProxyType({name: spec(text) for name, text in _TEXTS.items()})
