# tai over SSH, end to end: two releases of Debian, directly and through the bastion, live and replayed.
# shellcheck shell=bash disable=SC2034,SC2154

e2e_cases=(uploads-wrong-owner user-missing)
mapfile -t e2e_hosts < <(hosts_of "${e2e_cases[@]}")

test_end_to_end() {
    local name key number=10
    boot_bastion
    for name in "${e2e_cases[@]}"; do
        key=$(hosts_of "$name")
        number=$((number + 1))
        boot "$key" "${key%%-*}" "${key#*-}" "192.0.2.$number"
        open_door root
        break_host "$name"
        test_run_and_replay "$name" "$key"
        test_directory "$key"
        test_jump "$key"
        test_plain_user "$key"
        test_host_key "$key"
    done
    say "end to end: ${#e2e_cases[@]} hosts, all as expected"
}

# A live run finds the evidence; what it saved gives the same report and the same retrieval again.
test_run_and_replay() {
    local name=$1 key=$2 capture=$work/$1.capture issue live=$work/live.json again=$work/again.json contains
    issue=$(jq -r .issue_named "$sources/cases/$name.json")
    expect_status "0 1" through_door run --host "$key" --once --model none --json --output-file "$live" --save-capture "$capture" "$issue"
    while read -r contains; do
        grep -rqF -- "$contains" "$capture/outputs" || die "e2e: $key: nothing collected holds: $contains"
    done < <(jq -r '.evidence[].contains' "$sources/cases/$name.json")
    expect_status "0 1" through_door run --replay "$capture" --once --model none --json --output-file "$again" "$issue"
    cmp -s <(jq -S '.root_cause, .evidence' "$live") <(jq -S '.root_cause, .evidence' "$again") ||
        die "e2e: $key: the replay says something else than the live run"
    cmp -s <("$tai" retrieve --replay "$capture" --json "$issue") <("$tai" retrieve --replay "$capture" --json "$issue") ||
        die "e2e: $key: two retrievals from one capture differ"
    cmp -s <(through_door plan --host "$key" --json "$issue" | jq '.commands, .refused, .targets') \
        <("$tai" plan --replay "$capture" --json "$issue" | jq '.commands, .refused, .targets') ||
        die "e2e: $key: the host is planned for otherwise than its capture"
    say "e2e: $key: live run and replay agree"
}

# A directory that is named is listed, and its log is read; a name with a newline in it is nobody's.
test_directory() {
    local key=$1 capture=$work/directory.capture
    guest sh -c "mkdir -p /srv/stock && echo 'ERROR cannot reach the stock server' >/srv/stock/stock.log && touch '/srv/stock/odd
name.log'"
    rm -rf "$capture"
    expect_status "0 1" through_door collect --host "$key" --dir /srv/stock --out "$capture" 'is anything wrong here?'
    grep -rqF 'cannot reach the stock server' "$capture/outputs" || die "e2e: $key: the log in the directory was not read"
    ! jq -r '.commands[].command' "$capture/manifest.json" | grep -qF '/srv/stock/odd' || die "e2e: $key: a name with a newline was taken for a file"
    say "e2e: $key: looked into a directory"
}

# Through the bastion: the host sees the bastion's address, and the bastion has run nothing.
test_jump() {
    local key=$1
    expect_status "0 1" through_door probe --host "$key" --jump-host bastion
    guest journalctl -u ssh.service --no-pager | grep -q "Accepted publickey for root from $bastion_address" ||
        die "e2e: $key: nobody came from the bastion"
    turn_to bastion
    ! guest journalctl --no-pager | grep -q 'Starting session' || die "e2e: the bastion has run something"
    turn_to "$key"
    say "e2e: $key: reached through the bastion"
}

# An account without rights gets less, and a report all the same.
test_plain_user() {
    local key=$1 capture=$work/plain.capture
    rm -rf "$capture"
    open_door ops
    expect_status "0 1" through_door collect --host "$key" --out "$capture" 'is anything wrong here?'
    grep -rq $'^Uid:\t1000\t' "$capture/outputs" || die "e2e: $key: it was not ops who looked"
    open_door root
    say "e2e: $key: looked at by an account without rights"
}

# A host key that changed: exit 5, and no login.
test_host_key() {
    local key=$1 before
    before=$(guest journalctl -u ssh.service --no-pager | grep -c Accepted)
    mv "$work/door/known_hosts.$key" "$work/door/kept"
    ssh-keygen -q -t ed25519 -N '' -f "$work/door/other"
    echo "${addresses[$key]} $(cut -d ' ' -f 1,2 "$work/door/other.pub")" >"$work/door/known_hosts.$key"
    expect_status 5 through_door probe --host "$key"
    mv "$work/door/kept" "$work/door/known_hosts.$key"
    rm -f "$work/door/other" "$work/door/other.pub"
    [[ $(guest journalctl -u ssh.service --no-pager | grep -c Accepted) -eq $before ]] || die "e2e: $key: tai logged in all the same"
    say "e2e: $key: a changed host key ends it"
}

# expect_status "STATUS..." COMMAND...
expect_status() {
    local expected=$1 status=0
    shift
    "$@" >"$work/tai.log" 2>&1 || status=$?
    [[ " $expected " == *" $status "* ]] || { cat "$work/tai.log" >&2 && die "e2e: exit status $status, expected $expected: $*"; }
}
