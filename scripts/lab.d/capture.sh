# Captures: how one is recorded, and what must be true of it.
# shellcheck shell=bash disable=SC2154

max_bytes=300000

# Boots, breaks, lets tai look, and replaces fixtures/captures/NAME.
record_capture() {
    local name=$1 guest_run issue fresh=$work/$1 status=0
    boot "$name"
    break_host "$name"
    guest_run=/proc/$init/root/run
    install -m 755 "$tai" "$guest_run/tai"
    # Both questions, so that each of them finds its commands in the capture.
    issue=$(jq -r '.issue + " " + .issue_named' "$sources/cases/$name.json")
    say "$name: recording"
    guest /run/tai collect --local --out /run/capture "$issue" >"$work/tai.log" 2>&1 || status=$?
    # 1 means that some evidence could not be collected: dmesg is not permitted, for one.
    [[ $status -le 1 ]] || { cat "$work/tai.log" >&2 && die "$name: tai failed with exit status $status"; }
    cp -rT --no-preserve=all "$guest_run/capture" "$fresh"
    halt
    cp "$sources/cases/$name.json" "$fresh/case.json"
    anonymise "$fresh"
    mkdir -p "$captures"
    rm -rf "${captures:?}/$name"
    mv "$fresh" "$captures/$name"
    check_capture "$name"
    check_anonymous "$name" "$captures/$name"
}

# The kernel is that of the recording machine, which is nobody's business: its local version becomes x, byte for byte.
anonymise() {
    local release upstream hidden
    release=$(uname -r)
    upstream=${release%%[-+]*}
    [[ $upstream != "$release" ]] || return 0
    hidden=${release:${#upstream}+1}
    find "$1" -type f -exec sed -i "s/${release//./\\.}/$upstream-${hidden//?/x}/g" {} +
}

# Dies when the capture does not hold what its case claims, or is too large.
check_capture() {
    local name=$1 dir=$captures/$1 case=$captures/$1/case.json size command contains file
    [[ -f $dir/manifest.json ]] || die "$name: there is no $dir/manifest.json"
    cmp -s "$sources/cases/$name.json" "$case" || die "$name: case.json differs from fixtures/lab/cases/$name.json"
    size=$(find "$dir" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
    [[ $size -lt $max_bytes ]] || die "$name: $size bytes, more than $max_bytes"

    while IFS=$'\t' read -r command contains; do
        file=$(jq -r --arg command "$command" '.commands[] | select(.command == $command) | .file' "$dir/manifest.json")
        [[ -n $file ]] || die "$name: evidence from a command that was not captured: $command"
        grep -qF -- "$contains" "$dir/$file" || die "$name: $command does not print: $contains"
    done < <(jq -r '.evidence[] | .command + "\t" + .contains' "$case")

    jq -e '(.issue | ascii_downcase) as $issue | .root_cause_keywords
        | . == [] or any(all(.[]; . as $word | $issue | contains($word | ascii_downcase) | not))' "$case" >/dev/null ||
        die "$name: the issue has the keywords of the root cause by itself"
    say "$name: $size bytes, $(jq '.commands | length' "$dir/manifest.json") commands, evidence found"
}

# Dies when the capture tells of the machine that it was made on: this one.
check_anonymous() {
    local word
    jq -e 'all(.commands[] | select(.command | startswith("dmesg")); .bytes == 0)' "$2/manifest.json" >/dev/null ||
        die "$1: the capture holds the kernel log of this machine; set the sysctl kernel.dmesg_restrict to 1"
    for word in "$repo" "$cache" "$(uname -r)" "$(cat /proc/cmdline)" "$(awk '/^nameserver/ {print $2; exit}' /etc/resolv.conf)"; do
        [[ ${#word} -lt 5 ]] || ! grep -rqF -- "$word" "$2" || die "$1: the capture holds \"$word\" of this machine"
    done
}
