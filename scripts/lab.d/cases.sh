# Cases: what is broken on which host, and what an operator says of it. fixtures/README.md says what is in NAME.json and NAME.sh.
# shellcheck shell=bash disable=SC2154

all_cases() {
    local file
    for file in "$sources"/cases/*.json; do
        basename "$file" .json
    done
}

# The named cases; all of them for "all".
known_cases() {
    local name
    if [[ $* == all ]]; then
        all_cases
        return
    fi
    for name in "$@"; do
        [[ $name == */* || ! -f $sources/cases/$name.json ]] && die "there is no case $name, see scripts/lab list"
        echo "$name"
    done
}

# Runs a function for each of the cases, in a process of its own, so that one that fails ends neither the others nor leaves its host.
each() {
    local function=$1 name names failed=()
    shift
    names=$(known_cases "$@")
    for name in $names; do
        (trap 'halt' EXIT && "$function" "$name") &
        wait $! || failed+=("$name")
    done
    [[ ${#failed[@]} -eq 0 ]] || die "${#failed[@]} failed: ${failed[*]}"
}

# The hosts (RELEASE-PROFILE) that cases need, each once.
hosts_of() {
    local name
    for name in $(known_cases "$@"); do
        echo "$(case_key "$name" release)-$(case_key "$name" profile)"
    done | sort -u
}

# A key of a case, empty when it has none.
case_key() { jq -r --arg key "$2" '.[$key] // empty' "$sources/cases/$1.json"; }

# What is the same for all is not written in each: case.json as it stands beside a capture.
whole_case() {
    local name=$1 release
    release=$(case_key "$name" release)
    declare -A numbers=([bullseye]=11 [bookworm]=12 [trixie]=13)
    jq --arg id "$name" --arg os "Debian ${numbers[$release]} ($release)" '
        {$id, source: "recorded by scripts/lab", license: "MIT OR Apache-2.0", $os} + .
        + if .healthy then {category: "healthy", root_cause: "", root_cause_keywords: [], evidence: []} else {healthy: false} end
    ' "$sources/cases/$name.json"
}

# The table of all cases for fixtures/README.md.
print_table() {
    local name what
    echo '| case | host | category | what was done |'
    echo '|---|---|---|---|'
    for name in $(all_cases); do
        what=$(sed -n '1s/^# //p' "$sources/cases/$name.sh")
        jq -r --arg name "$name" --arg what "$what" '"| [`\($name)`](captures/\($name)) | \(.release) \(.profile) | " +
            (.category // "healthy") + " | " + $what + (if .kept_back then " **Kept back.**" else "" end) + " |"' "$sources/cases/$name.json"
    done
}

check_table() {
    cmp -s <(print_table) <(sed -n '/^<!-- scripts\/lab table -->/,/^<!-- end -->/{/^|/p}' "$repo/fixtures/README.md") ||
        die "the table of fixtures/README.md is not what scripts/lab table prints"
}

# Boots the host of a case. A script NAME.disk.sh, if there is one, changes its disk before that, from outside: see on_own_disk.
boot_case() {
    local name=$1 profile disk=$sources/cases/$1.disk.sh
    profile=$(case_key "$name" profile)
    unset -f before_boot
    if [[ -f $disk ]]; then
        # shellcheck disable=SC2317  # boot calls it
        before_boot() {
            # shellcheck source=/dev/null
            source "$disk"
        }
    fi
    boot "$profile" "$(case_key "$name" release)" "$profile" "$(profile_address "$profile")"
    unset -f before_boot
}

# on_own_disk LABEL MIB DIRECTORY [FSTYPE [OPTIONS OF MKFS]]: for NAME.disk.sh. What is in a directory of the host moves to a disk.
on_own_disk() {
    local root=$work/$host/root kept=$work/$host/kept label=$1 mib=$2 directory=$3
    shift 3
    mkdir -p "$root$directory"
    cp -a "$root$directory" "$kept"
    echo "$label $mib $directory $*" | add_disks
    cp -a "$kept/." "$root$directory"
    rm -rf "$kept"
}

# Runs the script of a case in the host. "minutes_later" of the case: so much time passes then, and NAME.then.sh runs, if there is one.
break_host() {
    local name=$1 later
    later=$(case_key "$name" minutes_later)
    say "$name: $(sed -n '1s/^# //p' "$sources/cases/$name.sh")"
    run_in_host "$sources/cases/$name.sh" || no_fault "$name"
    [[ -z $later ]] || pass_time "$later"
    [[ ! -f $sources/cases/$name.then.sh ]] || run_in_host "$sources/cases/$name.then.sh" || no_fault "$name"
}

no_fault() {
    guest journalctl -b -n 25 --no-pager >&2 || true
    die "$1: the fault did not appear"
}

run_in_host() { cat "$sources/lib.sh" "$1" | guest bash -eu -s; }

# So many minutes pass for a booted host: what it has logged since it was booted moves that far back.
pass_time() {
    local root=/proc/$init/root pieces=$work/pieces
    guest journalctl --rotate --quiet
    printf '%s %s\n' "$(($(date +%s) + 1))" "$((-60 * $1))" >"$pieces"
    move_logs "$root" "$pieces"
}
