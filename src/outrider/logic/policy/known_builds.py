"""Options that are known to be harmless: compilers, builds and their test runners. Written as `known_tools.py` is."""

from collections.abc import Mapping
from types import MappingProxyType

from outrider.logic.policy.options import Spec, spec

_LINKER = r"(--(no-)?as-needed|--gc-sections|-z[,=]\w+|-s|--strip-all|--(start|end)-group|-O\d|--no-undefined|--(no-)?whole-archive|-E)"
_CC = rf"""~ -c -S -E -o= -O* -g* /-W(?![lpa],)[\w=+-]*/ /-Wl(,{_LINKER})+/ /-f(?!plugin|use-ld|pass-plugin|crash|dump|modules)[\w=,+-]+/
    /-m(?!llvm)[\w=,+.-]+/ -std=* -D** -U* -I* -L* -l* -I= -L= -l= -D= -U= -isystem= -include= -iquote= -x= -shared -static -static-libgcc
    -static-libstdc++ -pthread -pipe -M -MM -MD -MMD -MP -MF= -MT= -MQ= -MG -v -w -s -pedantic -pedantic-errors -ansi -nostdlib
    -nostdinc -rdynamic -pie -no-pie -r -print-* -dumpversion -dumpmachine -save-temps --version --help -dM -P -C -H -framework=
    -arch= -target= --target=* -stdlib=*"""
_TEXTS: Mapping[str, str] = {
    **dict.fromkeys(("gcc", "g++", "clang", "clang++", "cc", "c++"), _CC),
    "ld": "~ -o= -l* -L* -L= -l= -r -s -shared -static -e= -T= -m* -z= -Map= --version -v -V -g -nostdlib -pie",
    "make": """-j -j* --jobs --jobs=* -k --keep-going -n --dry-run --just-print -B --always-make -s --silent --quiet -C=
        --directory= -f= --file= --makefile= -i --ignore-errors -l* -w --print-directory --no-print-directory -d --debug=* -p -q
        --question -r --no-builtin-rules -R -S -t --touch -V --version -v -h --help -O* --output-sync* --trace
        --warn-undefined-variables -W= --what-if= -o= -I= --include-dir= --shuffle* !-f=- !--file=- !--makefile=-""",
    "cmake": r"""~ -S= -B= -G= -A= -T= -DCMAKE_BUILD_TYPE=* -DCMAKE_EXPORT_COMPILE_COMMANDS=* -DCMAKE_C_STANDARD=*
        -DCMAKE_CXX_STANDARD=* /-D\w+(:BOOL)?=(ON|OFF|TRUE|FALSE|YES|NO|0|1)/ --build= --config= -j -j* --parallel --parallel=*
        --target= -t= --clean-first -v --verbose --fresh --preset= --list-presets --log-level= -L -LA -LH -N -Wno-dev -Wdev
        --version --help -U= --no-warn-unused-cli !-t=install* !--target=install* !-t=uninstall* !--target=uninstall*""",
    "ctest": """~ --test-dir= --output-on-failure -j -j* --parallel= -R= -E= -L= -LE= -V -VV -N --show-only* -C= --build-config=
        --rerun-failed --stop-on-failure --timeout= -Q --quiet --repeat= --schedule-random -I= --preset= --progress --no-tests=
        --verbose --extra-verbose --version --help --tests-regex= --exclude-regex= --output-junit= --label-regex=
        --label-exclude=""",
    "ninja": "-C= -j* -j= -k= -l= -n -v --verbose -d= -t= -w= -f= --version --quiet -h !-t=browse",
    "meson": """-C= -Dbuildtype=* -Db_*=* -Ddebug=* -Doptimization=* -Dwarning_level=* -Dwerror=* -Ddefault_library=* --buildtype=
        --reconfigure --wipe -j= -j* --jobs= -v --verbose --clean -t= --timeout-multiplier= --suite= --no-suite= --repeat=
        --num-processes= --print-errorlogs --no-rebuild --list -q --quiet --benchmark --maxfail= --prefix= --backend=
        --default-library= --werror --warnlevel= --optimization= --debug --unity= --targets --buildoptions -a --all --tests
        --version""",
    "just": """^ -l --list --summary -n --dry-run -q --quiet -v --verbose -u --unsorted --show= -s= -V --version -h --help --color=
        --no-color -f= --justfile= -d= --working-directory= --variables --dump --groups""",
    "cargo": """-p= --package= --workspace --all --exclude= --lib --bin= --bins --example= --examples --test= --tests --bench=
        --benches --all-targets --features= -F= --all-features --no-default-features --release -r --profile= --target=
        --message-format= -v --verbose -q --quiet --color= --frozen --locked --offline -j= --jobs= --keep-going --no-run
        --no-fail-fast --fix --allow-dirty --allow-staged --allow-no-vcs --no-deps --document-private-items --doc -i= --invert=
        -e= --edges= --depth= -d --duplicates --prefix= --format-version= --filter-platform= --check --dry-run --precise= -w
        --aggressive --recursive --target-dir= --manifest-path= --timings --ignore-rust-version --version -V -h --help --list
        --retries= --test-threads= -E= --run-ignored= --success-output= --failure-output= --status-level= --no-capture
        --nocapture --partition= --build-jobs=""",
    "rustc": """-O -g --edition= --crate-type= --crate-name= -o= --test --version -V -v --emit= --print= --cfg= --check-cfg= -W= -A= -D=
        -F= --explain= --out-dir= -L= --extern= --error-format= --color= -Copt-level=* -Ctarget-cpu=* -Cdebuginfo=* -Cpanic=*
        -Clto* -Ccodegen-units=* -Coverflow-checks=* -Cdebug-assertions=*""",
    "go": """~ -v -x -n -a -race -msan -asan -cover -covermode= -coverpkg= -coverprofile= -tags= -mod= -run= -skip= -bench= -benchtime=
        -benchmem -count= -cpu= -timeout= -short -failfast -json -json=* -list= -parallel= -p= -shuffle= -vet= -o= -trimpath
        -buildvcs=* -buildmode= -ldflags= -gcflags= -fuzz= -fuzztime= -cpuprofile= -memprofile= -blockprofile= -mutexprofile=
        -trace= -outputdir= -c -i -f= -m -u -e -deps -test -find -export -compat= -go= -diff -all -src -cmd -work -fullpath
        -versions -compiled -testcache !-ldflags=**ext** !-ldflags=**linkmode** !-ldflags=**plugin** !-gcflags=**-o**""",
    "mvn": """~ -q -B -e -X -o -U -T= -T* -pl= -am -amd -rf= -P= -P* -DskipTests* -DskipITs* -Dmaven.test.skip* -Dtest=** -Dit.test=**
        -DfailIfNoTests=* -Dsurefire.failIfNoSpecifiedTests=* -Dcheckstyle.skip* -Dspotbugs.skip* -Dmaven.javadoc.skip*
        -Dspring-boot.run.profiles=* -Dspring.profiles.active=* -Dstyle.color=* --batch-mode --quiet --offline
        --no-transfer-progress -ntp -fae -fn -ff -N -V -v --version --projects= --also-make --threads= --update-snapshots -f=
        --file= --non-recursive --fail-at-end --debug --errors --help -h""",
    "gradle": r"""~ -x= --exclude-task= --tests= -q -i -s -S --stacktrace --full-stacktrace --info --debug --warn --quiet --no-daemon
        --daemon --offline --parallel --no-parallel --continue --dry-run -m --rerun-tasks --rerun --refresh-dependencies
        --build-cache --no-build-cache --configuration-cache --no-configuration-cache --console= --max-workers= --warning-mode=
        --all --group= --configuration= --version -v -h --help --status --stop --args= -t --continuous -a --dependency=
        --no-watch-fs --fail-fast /-P\w+=(true|false)/""",
    "javac": """~ -d= -cp= -classpath= --class-path= -sourcepath= --source-path= -source= -target= --release= -Xlint* -g* -encoding=
        -parameters -nowarn -verbose -Werror -deprecation -proc:none --module-path= -p= --module= -m= --enable-preview -h= -s=
        -version --version -implicit:* -Xdiags:* -Xmaxerrs=""",
    "zig": r"""~ -O= -D** -freference-trace* --summary= --release* -j* --verbose --color= --prominent-compile-errors --check
        --test-filter= -lc -target= --watch --help -h""",
    "ghc": """~ -O* -W* -w -o= --make -i* -v -c -threaded -X* -package= -odir= -hidir= -outputdir= -main-is= -g -dynamic -static -prof
        -fno-* -j* --version -V --numeric-version -rtsopts""",
    "cabal": """--enable-tests --enable-benchmarks --disable-tests --disable-benchmarks -O* -v* -j* --test-show-details=
        --only-dependencies --dry-run --version --help""",
    "stack": """--fast --pedantic --coverage --haddock --no-run-tests --test --bench --ta= --test-arguments= -j* --jobs=
        --only-dependencies --flag= --dry-run --keep-going --no-terminal --color= --silent --verbosity= -v --version""",
    "sbt": "~ -v -warn -error --client -no-colors -batch --batch --no-colors -version --version -h --help",
    "rake": """-T -A -D -n -q -s -t -v -P -j= -m --trace --dry-run --quiet --silent --tasks --verbose --version -V -h --help -f=
        --rakefile= --jobs= --backtrace --multitask -N""",
    "rspec": """-f= --format= -e= --example= -t= --tag= -o= --out= -b --backtrace -c --color --no-color -p --profile --profile=*
        --fail-fast --fail-fast=* --no-fail-fast --seed= --order= -I= -P= --pattern= --only-failures -n --next-failure --dry-run
        -w --warnings -v --version -h --help -O= --options= --exclude-pattern= --force-color --no-profile --bisect -E=""",
    "rubocop": """-a -A --autocorrect --autocorrect-all --auto-correct --auto-correct-all -x -f= --format= -o= --out= -c= --config= --only=
        --except= -D --display-cop-names -l --lint --fail-level= --parallel -P --no-parallel --cache= --force-exclusion -d
        --debug -L --list-target-files --safe --display-only-* -v -V --version -h --help --no-server --color --no-color -E -S
        --stdin= -s= --auto-gen-config --regenerate-todo""",
    "dotnet": """~ -c= --configuration= --no-build --no-restore -v= --verbosity= --nologo -f= --framework= -r= --runtime= -o= --output=
        --filter= --logger= -l= --collect= --results-directory= --project= --blame --self-contained --self-contained=*
        --no-dependencies --force --no-incremental --include= --exclude= --severity= --verify-no-changes --launch-profile=
        --no-launch-profile --version --list-tests -t --settings= --locked-mode --arch= -a= --os= -h --help --no-cache --urls=""",
    "composer": r"""--no-dev --prefer-dist --prefer-source -o --optimize-autoloader --no-interaction -n --no-progress --no-scripts
        --no-plugins --ignore-platform-reqs /--ignore-platform-req=[\w.-]+/ --dry-run -q -v --ansi --no-ansi -a
        --classmap-authoritative --strict --no-check-all --no-check-publish --version -V -h""",
    "phpunit": """-c= --configuration= --filter= --testsuite= --group= --exclude-group= --testdox --testdox-* --coverage-text*
        --coverage-html= --coverage-clover= --coverage-xml= --stop-on-* --colors --colors=* --no-coverage --verbose -v --debug
        --order-by= --random-order --log-junit= --bootstrap= --display-* --fail-on-* --list-* --no-configuration
        --do-not-cache-result --cache-directory= --process-isolation --version -h --help --teamcity --no-progress --no-output""",
    "phpstan": """-c= --configuration= -l= --level= --memory-limit= --no-progress --error-format= --generate-baseline
        --generate-baseline= -b= --debug -v --no-ansi --ansi --xdebug --version -h -q -n --no-interaction""",
    "swift": """-c= --configuration= --filter= --parallel --skip= --product= --target= -j= -v --verbose --enable-code-coverage
        --skip-build --build-tests --show-bin-path --static-swift-stdlib --list-tests -l --num-workers= --xunit-output=
        --sanitize= --arch= --package-path= --scratch-path= --version -q --quiet""",
    "xcodebuild": """~ -scheme= -project= -workspace= -configuration= -destination= -sdk= -target= -alltargets -list -json -quiet -verbose
        -derivedDataPath= -resultBundlePath= -only-testing:* -skip-testing:* -parallel-testing-enabled= -showBuildSettings
        -showdestinations -showsdks -version -jobs= -enableCodeCoverage= -testPlan= -arch= -dry-run -n""",
}  # fmt: skip
BUILDS: Mapping[str, Spec] = MappingProxyType({name: spec(text) for name, text in _TEXTS.items()})
