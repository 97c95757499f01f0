#!/bin/sh
# Makes a clone able to run: Debian packages that are missing, an installer (uv), and the Python environment.
# Safe to repeat: with everything in place it takes a moment. Wants Debian or Ubuntu, or the packages it names.
set -eu
cd "$(dirname "$0")/.."
state=$PWD/.billmesh
log=$state/bootstrap.log
mkdir -p "$state" || { echo "cannot write to $state: does it belong to another user?" >&2; exit 1; }

# One at a time; the lock ends with this process.
exec 9>"$state/bootstrap.lock"
flock -n 9 || { echo "another bootstrap is at work here: waiting for it"; flock 9; }

say() { printf '[bootstrap] %s\n' "$*"; }

fail() {
    printf '\n[bootstrap] %s\n' "$*" >&2
    [ ! -s "$log" ] || { echo "--- the end of $log" >&2; tail -n 25 "$log" >&2; }
    exit 1
}

# Runs a command with its output in the log.
quietly() { "$@" >>"$log" 2>&1 9>&-; }

postgis_installed() {
    for control in /usr/share/postgresql/*/extension/postgis.control; do
        version=${control#/usr/share/postgresql/}
        [ ! -x "/usr/lib/postgresql/${version%%/*}/bin/postgres" ] || [ ! -f "$control" ] || return 0
    done
    return 1
}

# Names what is missing, as packages; PostGIS by the version that this release has. curl is for the examples alone.
missing_packages() {
    command -v python3 >/dev/null && python3 -c 'import venv, ensurepip' 2>/dev/null || echo python3 python3-venv
    command -v redis-server >/dev/null || echo redis-server
    command -v curl >/dev/null || echo curl
    postgis_installed || echo "${postgis:-postgresql-<version>-postgis-3}"
}

find_postgis() {
    postgis=$(apt-cache pkgnames postgresql- 2>/dev/null | grep -E '^postgresql-[0-9]+-postgis-3$' | sort -V | tail -n 1)
    # Without package lists there is still the release's name.
    case ${postgis:-$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}")} in
        bookworm) postgis=postgresql-15-postgis-3 ;;
        trixie) postgis=postgresql-17-postgis-3 ;;
        noble) postgis=postgresql-16-postgis-3 ;;
    esac
}

# The packages' own services would occupy ports and start at boot: they are neither started nor set up. Of the
# database server only the programs are wanted, each stack has a cluster of its own.
install_packages() {
    policy=/usr/sbin/policy-rc.d
    quietly $sudo sh -c "[ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod 755 $policy; touch $policy.billmesh; }
        mkdir -p /etc/postgresql-common/createcluster.d
        echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/billmesh.conf"
    trap restore_policy EXIT
    say "apt-get install $* (about half a minute)"
    quietly $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" || fail "apt-get install $* failed"
    # What starts at boot is the administrator's choice, not ours.
    if [ -d /run/systemd/system ]; then
        for unit in redis-server.service; do
            case " $* " in *" ${unit%.service} "*) quietly $sudo systemctl disable "$unit" || : ;; esac
        done
    fi
    restore_policy
    trap - EXIT
}

restore_policy() {
    $sudo sh -c 'rm -f /etc/postgresql-common/createcluster.d/billmesh.conf
        [ ! -e /usr/sbin/policy-rc.d.billmesh ] || rm -f /usr/sbin/policy-rc.d /usr/sbin/policy-rc.d.billmesh'
}

find_postgis
packages=$(missing_packages | tr '\n' ' ')
if [ -n "${packages% }" ]; then
    : >"$log"
    sudo=
    if [ "$(id -u)" != 0 ]; then
        sudo=sudo
        { command -v sudo && { sudo -n true || { [ -t 0 ] && sudo -v; }; }; } >/dev/null 2>&1 ||
            fail "these packages are missing, and this user may not install them: $packages"
    fi
    command -v apt-get >/dev/null || fail "these programs are missing, and there is no apt-get here: $packages"
    say "missing: $packages"
    say "apt-get update"
    quietly $sudo apt-get update -o DPkg::Lock::Timeout=300 || fail "apt-get update failed"
    find_postgis
    postgis_installed || [ -n "$postgis" ] || fail "this release has no package postgresql-<version>-postgis-3"
    # shellcheck disable=SC2046  # a list of words is meant
    install_packages $(missing_packages)
    [ -z "$(missing_packages)" ] || fail "still missing after installing them: $(missing_packages | tr '\n' ' ')"
fi

# uv, pinned by hash, in an environment of its own that nothing else uses.
installer=$state/installer
if ! cmp -s tools/wheels/uv.txt "$installer/uv.txt"; then
    say "the installer: uv"
    : >>"$log"
    rm -rf "$installer"
    quietly python3 -m venv "$installer" || fail "python3 -m venv failed"
    quietly "$installer/bin/pip" install --disable-pip-version-check --only-binary=:all: --require-hashes \
        -r tools/wheels/uv.txt || fail "uv could not be installed"
    cp tools/wheels/uv.txt "$installer/uv.txt"
fi

# The Python environment, exactly as locked. A second time this is a matter of milliseconds.
if ! cat uv.lock pyproject.toml .python-version | cmp -s - .venv/locked; then
    say "Python packages, as locked (about 450 MB)"
    unset VIRTUAL_ENV
    # Compiled once here, not by every process at its first start.
    UV_PROJECT_ENVIRONMENT=.venv quietly "$installer/bin/uv" sync --frozen --compile-bytecode --link-mode=copy ||
        fail "uv sync failed"
    cat uv.lock pyproject.toml .python-version >.venv/locked
fi
