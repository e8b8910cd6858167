#!/usr/bin/env bash
# Everything that must pass before a change lands: installs what the tests need, then format, lints, tests, docs and
# dependencies. Works on a fresh machine with Rust, a C compiler, perl and make. `scripts/test.sh --help` for the tiers.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'USAGE'
usage: scripts/test.sh [--tier plain]...

Tiers of tests, each with what it needs:
  plain   python3 with pip, for the embedding model (90 MB, fetched once); no root, no running service
  sshd    OpenSSH's server and client (9.2, that of Debian 12, is what they are compared with), and the login shells that
          are tested: real sshds on loopback. As root also an account that is not, with and without sudo
  lab     root, loop devices and systemd-nspawn, and half an hour: fills a disk, boots real Debian hosts, breaks them, and checks that
          tai changes nothing on them, reaches them through a bastion, and sees what is wrong with each

Without --tier: plain and sshd. A tier that cannot run says so and fails.
USAGE
}

tiers=()
while [ $# -gt 0 ]; do
  case $1 in
    --tier) tiers+=("${2:?--tier needs a name}"); shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
[ ${#tiers[@]} -gt 0 ] || tiers=(plain sshd)

# For every tier alike: other flags would build everything anew.
export RUSTFLAGS="${RUSTFLAGS:--D warnings}"

step() { printf '\n== %s\n' "$*"; }

# Programs that the tests run, by the Debian package that brings them.
install_missing() {
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "missing, and only root can install them: ${missing[*]}" >&2
    return 1
  fi
  step "install ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# Debian's updates of OpenSSH change what is compared: the newest is the reference.
bring_up_to_date() {
  [ "$(id -u)" = 0 ] || return 0
  step "bring $* up to date"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --only-upgrade "$@"; } ||
    echo "could not look for updates of $*: the tests run with what is there"
}

# What needs OpenSSH or the login shells: the modules of these names.
sshd_tests='test(/^(ssh|known_hosts|config)::/)'

run_tests() {
  cargo nextest --version >/dev/null 2>&1 || cargo install --locked cargo-nextest
  cargo nextest run --workspace --locked -E "$1"
}

sshd() {
  if command -v dpkg-query >/dev/null; then
    install_missing openssh-server openssh-client sudo dash ksh mksh zsh tcsh fish || { echo "the sshd tier did not run" >&2; return 1; }
    bring_up_to_date openssh-server openssh-client
  fi
  step "tests with a real sshd"
  run_tests "$sshd_tests"
  if [ "$(id -u)" = 0 ]; then
    step "an account that is not root"
    cargo nextest run --workspace --locked --run-ignored only -E 'test(/^ssh::ordinary::/)'
  else
    echo "SKIPPED: an account that is not root: only root can add one"
  fi
}

plain() {
  # vmstat and ps; ss and ip; jq for the captures; shells and mandoc for completions and manual pages; strace for what a start touches; keys for `tai doctor`; pip for the embedding model.
  local packages=(procps iproute2 jq fish zsh mandoc openssh-client strace)
  python3 -m pip --version >/dev/null 2>&1 || packages+=(python3-pip)
  if command -v dpkg-query >/dev/null; then install_missing "${packages[@]}"; fi
  step "embedding model"
  scripts/fetch-model

  step "cargo fmt --all --check"
  cargo fmt --all --check
  step "cargo clippy"
  cargo clippy --workspace --all-targets --locked
  step "tests"
  run_tests "not ($sshd_tests)"
  step "doctests"
  cargo test --workspace --doc --locked
  step "captures"
  scripts/lab check
  # The tests have built it.
  evaluate target/debug/tai fixtures/captures
  step "docs"
  RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
  step "cargo deny"
  if cargo deny --version >/dev/null 2>&1; then
    cargo deny --locked check bans licenses sources
  else
    echo "SKIPPED: cargo-deny is not installed (cargo install --locked cargo-deny)"
  fi
}

lab() {
  if [ "$(id -u)" != 0 ]; then
    echo "the lab tier did not run: it needs root" >&2
    return 1
  fi
  local captures=target/lab/captures proven=(healthy-bookworm-web healthy-trixie-db healthy-bullseye-plain nginx-port-taken)
  cargo build --release --locked
  step "a full disk"
  cargo nextest run --workspace --locked --run-ignored only -E 'test(full_disk)'
  step "scripts/lab prove ${proven[*]}"
  scripts/lab prove "${proven[@]}"
  step "scripts/lab e2e"
  scripts/lab e2e
  step "scripts/lab record all"
  LAB_CAPTURES=$captures scripts/lab record all
  evaluate target/release/tai "$captures"
}

# Floors under what tai finds in the captures of the lab, with no model. Raise them when tai gets better.
floors='.summary | .cases >= 90 and .healthy >= 14 and .false_alarms == 0
  and .issue.recall_at_10 >= 0.85 and .issue_named.recall_at_10 >= 0.92 and .root_cause_hit_rate >= 0.9
  and .kept_back == 10 and .kept_back_hit_rate >= 0.5'

evaluate() {
  step "tai eval $2"
  local figures
  figures=$("$1" eval --json "$2")
  jq .summary <<<"$figures"
  jq -e "$floors" <<<"$figures" >/dev/null || { echo "below a floor: $floors" >&2; return 1; }
}

for tier in "${tiers[@]}"; do
  case $tier in
    plain | sshd | lab) "$tier" ;;
    *) echo "no such tier: $tier" >&2; exit 2 ;;
  esac
done
step "passed: ${tiers[*]}"
