# shellcheck shell=sh disable=SC2154
# The project's own Python environment, made on the first run. Sourced by ./periplus and ./test with $root (the
# checkout) set; `environment LOCK` sets $env to an environment that has what requirements/LOCK says.
#
# The system's Python is never changed (PEP 668). The environment is .venv in the checkout, or, when that cannot be
# written or .venv is somebody else's, a directory below the user's cache. It holds our own directory .periplus:
#   lock      held while the environment is being made, so that a second first run waits
#   root      the checkout it was made for, written when the bare environment is whole
#   run.txt, dev.txt   copies of the lock files installed, written last
# So a run that was interrupted, a changed lock file, a moved checkout and a removed Python are all seen by the
# same question, `is_ready`, which costs later runs one `cmp`.

oldest=11
newest=14 # the newest 3.x for which every locked package had wheels

say() {
    printf 'periplus: %s\n' "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

environment() {
    env=$root/.venv
    if ! is_ready "$1"; then
        is_for_us "$env" || env=$(cached_place)
        is_ready "$1" || make_environment "$1"
    fi
}

is_ready() {
    is_whole && cmp -s "$root/requirements/$1" "$env/.periplus/$1"
}

is_whole() {
    [ -x "$env/bin/python" ] && [ -r "$env/.periplus/root" ] &&
        IFS= read -r made_for <"$env/.periplus/root" && [ "$made_for" = "$root" ]
}

is_for_us() { # made by us, empty or absent; and ours to write
    if [ -d "$1/.periplus" ]; then
        [ -w "$1/.periplus" ]
    elif [ -d "$1" ]; then
        [ -w "$1" ] && [ -z "$(ls -A "$1")" ]
    else
        [ ! -e "$1" ] && [ -w "${1%/*}" ]
    fi
}

cached_place() { # one for each checkout
    place=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
    [ -n "$place" ] || fail "no place for the Python environment: $root/.venv is not ours to write and HOME is not set"
    printf '%s/periplus/venv-%s\n' "$place" "$(printf '%s' "$root" | cksum | tr ' ' -)"
}

make_environment() {
    find_python
    mkdir -p "$env/.periplus" 2>/dev/null || fail "no place for the Python environment: cannot write $env"
    exec 9>>"$env/.periplus/lock"
    take_lock
    trap 'say "interrupted; the next run begins anew"; exit 130' INT
    if ! is_ready "$1"; then
        is_whole || make_bare
        install_locked "$1"
        give_to_owner
    fi
    trap - INT
    exec 9>&-
}

find_python() {
    for python in python3 python3.13 python3.12 python3.11 python3.14; do
        # The real path, with the version in its name: an environment must not change its Python unawares.
        python=$("$python" -c "
import os, sys
ok = (3, $oldest) <= sys.version_info[:2] <= (3, $newest)
print(os.path.realpath(getattr(sys, '_base_executable', sys.executable)) if ok else '')" 2>/dev/null) || continue
        [ -n "$python" ] && return
    done
    found=$(python3 --version 2>/dev/null) || found="no python3"
    fail "needs Python 3.$oldest to 3.$newest, found $found; on Debian or Ubuntu: sudo apt install python3 python3-venv"
}

take_lock() { # flock(2) through Python, which every platform has; the lock lives as long as our descriptor 9
    try='import fcntl; fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)'
    if ! "$python" -c "$try" 2>/dev/null; then
        say "another run is making the environment; waiting for it"
        "$python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    fi
}

make_bare() {
    say "first run: making the Python environment $env (once; it takes less than a minute)"
    find "$env" -mindepth 1 -maxdepth 1 ! -name .periplus -exec rm -rf {} +
    rm -f "$env/.periplus/root" "$env/.periplus"/*.txt
    can_make_pip || install_venv_package || true
    if can_make_pip; then
        set --
    elif "$python" -m pip --version >/dev/null 2>&1; then
        set -- --without-pip
    else
        fail "this Python cannot make environments; type: sudo apt-get install $(venv_package)"
    fi
    "$python" -m venv "$@" "$env" 2>"$env/.periplus/log" || {
        cat "$env/.periplus/log" >&2
        fail "could not make the environment $env (see above)"
    }
    for site in "$env"/lib/python3*/site-packages; do
        printf '%s\n' "$root/src" >"$site/periplus.pth"
    done
    printf '%s\n' "$root" >"$env/.periplus/root"
}

can_make_pip() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null
}

venv_package() { # Debian's package for this Python, e.g. python3.11-venv
    printf '%s-venv\n' "${python##*/}"
}

install_venv_package() {
    [ "$(id -u)" = 0 ] && [ "${python%/*}" = /usr/bin ] && command -v apt-get >/dev/null || return 1
    say "installing Debian's $(venv_package), which python3 needs to make environments"
    apt_install "$(venv_package)"
}

apt_install() { # quiet unless it fails; the index is fetched only when the packages are not known or gone
    apt_get install "$@" >/dev/null 2>&1 || { apt_get update && apt_get install "$@"; } >&2
}

apt_get() { # dpkg wants its own tools in the path, and not every root has them there
    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" 9>&-
}

install_locked() {
    say "installing the Python packages of requirements/$1"
    rm -f "$env/.periplus"/*.txt
    if [ -x "$env/bin/pip" ]; then
        set -- "$1" "$env/bin/python" -m pip
    else
        set -- "$1" "$python" -m pip --python "$env/bin/python"
    fi
    lock=$1
    shift
    "$@" --quiet --disable-pip-version-check --no-input install --require-hashes \
        -r "$root/requirements/$lock" >&2 ||
        fail "could not install the Python packages (see above); run it again when that is mended"
    for stamp in run.txt "$lock"; do # dev.txt has all of run.txt
        cp "$root/requirements/$stamp" "$env/.periplus/$stamp.new"
        mv "$env/.periplus/$stamp.new" "$env/.periplus/$stamp"
    done
}

give_to_owner() { # made by sudo in somebody's checkout, it must stay theirs to update
    if [ "$(id -u)" = 0 ] && [ "$env" = "$root/.venv" ]; then
        # shellcheck disable=SC2012 # stat(1) differs between systems
        owner=$(ls -ldn "$root" | { read -r _ _ user group _ && printf '%s:%s' "$user" "$group"; })
        chown -R -h "$owner" "$env" || true # some file systems have one owner only
    fi
}
