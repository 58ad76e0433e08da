# Finds, and where it can installs, what building and testing Parvis takes.
#
# Sourced by bin/demo, bin/test and .ci/run; does nothing by itself. Everything
# comes from the machine's own package manager or from the registries that
# cargo, npm and pip use; nothing is fetched from elsewhere.
# shellcheck shell=bash

# Node.js below this lacks what the packages under web/ and tests/ call.
readonly NODE_MAJOR_LEAST=18

say() { printf '==> %s\n' "$*" >&2; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Runs a command as root: directly, or through sudo.
as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    say "this needs root and there is no sudo: $*"
    return 1
  fi
}

# apt_install WHY PACKAGE…: installs Debian packages. Says no (1) where there is no apt.
apt_install() {
  local why=$1
  shift
  command -v apt-get >/dev/null || return 1
  say "installing $* ($why)"
  # Without a list of packages an install fails with a message that names no way out.
  as_root apt-get update -qq >&2 || say "the list of packages could not be refreshed; trying with the one that is there"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >&2
}

# Rust, in the version that rust-toolchain.toml names.
need_rust() {
  if [[ -x ${CARGO_HOME:-$HOME/.cargo}/bin/cargo ]]; then
    PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
  fi
  command -v cargo >/dev/null || fail "Rust is missing. Install rustup (Debian 13, Ubuntu 24.04 and later: 'apt install rustup'; elsewhere: https://rustup.rs) and run this again."
  local wanted
  wanted=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml)
  if command -v rustup >/dev/null; then
    if ! rustup toolchain list | grep -q "^$wanted-"; then
      say "installing Rust $wanted (named in rust-toolchain.toml)"
      rustup toolchain install "$wanted" --profile minimal --component clippy --component rustfmt >&2 || fail "rustup could not install Rust $wanted: see its message above."
    fi
  else
    say "no rustup: building with $(cargo --version), while Parvis is tested with Rust $wanted"
  fi
}

# A C compiler: SQLite and zstd are compiled from the sources that their crates carry.
need_c_compiler() {
  if command -v cc >/dev/null && printf '#include <stdlib.h>\nint main(void){return 0;}\n' | cc -x c -o /dev/null - 2>/dev/null; then
    return
  fi
  apt_install "a C compiler, for SQLite and zstd" gcc libc6-dev || fail "a C compiler is missing. Install one (gcc or clang, with the C library's headers) and run this again."
}

node_is_there() {
  command -v node >/dev/null && command -v npm >/dev/null || return 1
  local major
  major=$(node -p 'process.versions.node.split(".")[0]')
  [[ $major -ge $NODE_MAJOR_LEAST ]]
}

# Node.js and npm. Returns 1 when they are missing and can't be installed: the caller decides.
find_or_install_node() {
  node_is_there && return
  apt_install "Node.js and npm, for $1" nodejs npm && node_is_there
}

# npm_packages FOLDER: the packages that the folder's lock file names; quick when they are there already.
npm_packages() {
  local folder=$1
  if [[ -f $folder/node_modules/.package-lock.json && ! $folder/package-lock.json -nt $folder/node_modules/.package-lock.json ]]; then
    return
  fi
  say "installing the npm packages of $folder"
  npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error </dev/null >&2
}

# The packages of a folder's requirements.txt, in a Python environment of their own under target/; quick when
# they are there.
#   python_packages FOLDER WHAT-FOR [ARGUMENTS OF pip install]
python_packages() {
  local folder=target/$1 list=tests/$1/requirements.txt what=$2
  shift 2
  cmp -s "$list" "$folder/installed.txt" && return
  if ! command -v python3 >/dev/null || ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    apt_install "Python, for $what" python3 python3-venv || fail "the tests need Python 3.10 or later with venv. Install it ('apt install python3 python3-venv') and run this again."
  fi
  say "installing the Python packages of ${list%/*}"
  rm -rf "$folder"
  if ! python3 -m venv "$folder" >&2 || ! "$folder/bin/pip" install --quiet --disable-pip-version-check "$@" --requirement "$list" >&2; then
    fail "pip could not install the packages of ${list%/*}: see its message above."
  fi
  cp "$list" "$folder/installed.txt"
}

need_security_tools() {
  python_packages security schemathesis
}

# They ask for Python 3.12 and run on 3.11 as well.
need_witness_tools() {
  python_packages witness "witnesses and verifiers" --ignore-requires-python
}

# Looks where the tests look (tests/postgres/src/installation.rs).
postgres_is_there() {
  local folder
  for folder in "${PARVIS_PG_BIN:-}" "$(pg_config --bindir 2>/dev/null)" /usr/lib/postgresql/*/bin "$(dirname "$(command -v postgres)")"; do
    [[ -x $folder/postgres && -x $folder/initdb && -x $folder/psql && -x $folder/pg_basebackup && -x $folder/pg_rewind ]] && return
  done
  return 1
}

# A PostgreSQL server's programs. The tests start servers of their own with them; none that runs all
# the time is needed, so the package is kept from setting one up.
need_postgres() {
  postgres_is_there && return
  local drop_in=/etc/postgresql-common/createcluster.d/parvis.conf
  local reason="# Parvis' tests start servers of their own. Remove this file to have one set up with the package."
  if command -v apt-get >/dev/null && [[ ! -e $drop_in ]]; then
    say "writing $drop_in, so that installing PostgreSQL sets up and starts no server on this machine"
    as_root mkdir -p "${drop_in%/*}" || fail "${drop_in%/*} can't be made: see the message above."
    printf '%s\n' "$reason" "create_main_cluster = false" | as_root tee "$drop_in" >/dev/null || fail "$drop_in can't be written: see the message above."
  fi
  if ! apt_install "a PostgreSQL server, for the tests" postgresql || ! postgres_is_there; then
    fail "the tests need a PostgreSQL server, 13 or later. Install one ('apt install postgresql'; elsewhere set PARVIS_PG_BIN to the folder of its programs) and run this again."
  fi
}

# Programs of others that look at what is printed: pages as pictures and words, and the code on a panel.
need_paper_readers() {
  command -v pdftoppm >/dev/null && command -v pdftotext >/dev/null && command -v zbarimg >/dev/null && return
  apt_install "poppler and zbar, which the tests read printed panels with" poppler-utils zbar-tools || fail "the tests need pdftoppm and pdftotext (poppler) and zbarimg (zbar). Install them and run this again."
}
