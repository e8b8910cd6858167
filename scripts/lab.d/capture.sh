# Captures: how one is recorded, and what must be true of it.
# shellcheck shell=bash disable=SC2154

max_bytes=300000

# Boots, breaks, lets tai look, and replaces fixtures/captures/NAME. When that fails, the other cases are recorded all the same.
record_capture() {
    local name=$1 fresh=$work/$1.capture start=$SECONDS
    boot_case "$name"
    break_host "$name"
    import_kernel_log
    look_at "$name" "$fresh"
    halt
    whole_case "$name" >"$fresh/case.json"
    anonymise "$fresh"
    mkdir -p "$captures"
    rm -rf "${captures:?}/$name"
    mv "$fresh" "$captures/$name"
    check_capture "$name"
    check_anonymous "$name" "$captures/$name"
    say "$name: $((SECONDS - start)) s"
}

# Both questions at once, so that each of them finds its commands in the capture. "look" of a case says who looks: root (when absent) or
# ops over SSH, or the console, which is root in the host itself, for where sshd lets nobody in.
look_at() {
    local name=$1 fresh=$2 issue who
    issue=$(jq -r '.issue + " " + .issue_named' "$sources/cases/$name.json")
    who=$(case_key "$name" look)
    say "$name: recording"
    case ${who:=root} in
    console)
        install -m 755 "$tai" "/proc/$init/root/run/tai"
        tai_says "$name" guest /run/tai collect --local --out /run/capture "$issue"
        cp -rT --no-preserve=all "/proc/$init/root/run/capture" "$fresh"
        ;;
    *)
        open_door "$who"
        tai_says "$name" through_door collect --host "$host" --out "$fresh" "$issue"
        jq --arg host "$(profile_name "${profiled[$host]}")" '.host = $host' "$fresh/manifest.json" >"$work/manifest"
        cat "$work/manifest" >"$fresh/manifest.json"
        ;;
    esac
}

# 1 means that some evidence could not be collected: dmesg is not permitted, for one.
tai_says() {
    local name=$1 status=0
    shift
    "$@" >"$work/tai.log" 2>&1 || status=$?
    [[ $status -le 1 ]] || { cat "$work/tai.log" >&2 && die "$name: tai failed with exit status $status"; }
}

# The kernel is that of the recording machine, which is nobody's business: its local version becomes x, byte for byte. So does the
# control group that the host has on that machine.
anonymise() {
    local release upstream hidden
    release=$(uname -r)
    upstream=${release%%[-+]*}
    [[ $upstream != "$release" ]] || return 0
    hidden=${release:${#upstream}+1}
    find "$1" -type f -exec sed -i -e "s/${release//./\\.}/$upstream-${hidden//?/x}/g" {} +
}

# Dies when the capture does not hold what its case claims, or is too large.
check_capture() {
    local name=$1 dir=$captures/$1 size
    [[ -f $dir/manifest.json ]] || die "$name: there is no $dir/manifest.json"
    whole_case "$name" | cmp -s - "$dir/case.json" || die "$name: case.json differs from fixtures/lab/cases/$name.json"
    size=$(find "$dir" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
    [[ $size -lt $max_bytes ]] || die "$name: $size bytes, more than $max_bytes"
    check_evidence "$name"
    jq -e '(.issue | ascii_downcase) as $issue | .root_cause_keywords
        | . == [] or any(all(.[]; . as $word | $issue | contains($word | ascii_downcase) | not))' "$dir/case.json" >/dev/null ||
        die "$name: the issue has the keywords of the root cause by itself"
    say "$name: $size bytes, $(jq '.commands | length' "$dir/manifest.json") commands, evidence found"
}

# Each evidence is in the output of a command that begins as the case says, and the capture of the healthy twin does not have all of it.
check_evidence() {
    local name=$1 dir=$captures/$1 twin command contains on_twin=yes
    twin=$(case_key "$name" twin)
    [[ -z $twin || -f $sources/cases/$twin.json ]] || die "$name: there is no twin $twin"
    while IFS=$'\t' read -r command contains; do
        prints "$dir" "$command" "$contains" || die "$name: $command does not print: $contains"
        prints "$captures/$twin" "$command" "$contains" || on_twin=no
    done < <(jq -r '.evidence[] | .command + "\t" + .contains' "$dir/case.json")
    [[ -z $twin || $on_twin == no ]] || die "$name: the healthy $twin has all of the evidence as well"
}

# Whether an output of the commands in a capture that begin so holds a text.
prints() {
    local file
    while read -r file; do
        if grep -qF -- "$3" "$1/$file"; then return; fi
    done < <(jq -r --arg command "$2" '.commands[] | select(.command | startswith($command)) | .file' "$1/manifest.json" 2>/dev/null)
    return 1
}

# Dies when the capture tells of the machine that it was made on: this one.
check_anonymous() {
    local word
    jq -e 'all(.commands[] | select(.command | startswith("dmesg")); .bytes == 0)' "$2/manifest.json" >/dev/null ||
        die "$1: the capture holds the kernel log of this machine; set the sysctl kernel.dmesg_restrict to 1"
    for word in "$repo" "$cache" "$(uname -r)" "$(cat /proc/cmdline)" "$(awk '/^nameserver/ {print $2; exit}' /etc/resolv.conf)" tai-lab; do
        [[ ${#word} -lt 5 ]] || ! grep -rqF -- "$word" "$2" || die "$1: the capture holds \"$word\" of this machine"
    done
}
