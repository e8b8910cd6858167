# A photograph of a host: whatever a change would show in, as sorted lines, one file for each kind of thing. Taking one changes nothing
# but access times, which are not compared.
# shellcheck shell=bash disable=SC2154

# What a login by itself writes. "grows": size, times and content are not compared, but what the reason names is. "times": only
# the times are not compared. The path is an extended regular expression.
left_out=(
    $'grows\t/var/log/journal/[0-9a-f]+/system\\.journal\tsshd reports logins; every entry that is not of sshd is compared'
    $'grows\t/var/log/auth\\.log\tthe same by way of rsyslog; every line that is not of sshd is compared'
    $'grows\t/run/systemd/journal/seqnum\tthe journal of trixie counts its entries there; they are compared'
    $'times\t/run/motd\\.dynamic\tpam_motd writes it anew at every login; its content is compared'
    $'times\t/run\tthe directory in which pam_motd does so; the names in it are compared'
)
# What the kernel counts, draws by lot, or tunes by itself.
unsteady_sysctls='fs\.(dentry-state|file-nr|inode-nr|inode-state)|kernel\.(ns_last_pid|pty\.nr|random\.uuid|random\.entropy_avail)'
unsteady_sysctls+='|kernel\.perf_event_max_sample_rate|net\.netfilter\.nf_conntrack_count'
sections=(files contents units timers processes sysctls mounts firewall network listening modules users journal auth)

# Photographs the booted host into a directory.
photograph() {
    local section
    mkdir -p "$1"
    for section in "${sections[@]}"; do
        "photograph_$section" | LC_ALL=C sort >"$1/$section"
        # Rules and modules there may be none, and a timer that was stopped is not loaded.
        [[ -s $1/$section || $section == firewall || $section == modules || $section == timers ]] || die "the photograph has no $section"
    done
}

# Prints each difference between two photographs, after the name of its section.
differences() {
    local section
    for section in "${sections[@]}"; do
        diff --unchanged-line-format='' --old-line-format="$section - %L" --new-line-format="$section + %L" \
            "$1/$section" "$2/$section" || true
    done
}

print_left_out() {
    local kind path reason
    while IFS=$'\t' read -r kind path reason; do
        say "left out: $kind $path: $reason"
    done < <(printf '%s\n' "${left_out[@]}")
    say "left out: sysctl $unsteady_sysctls"
    [[ -r /proc/modules ]] || say "left out: modules: this kernel has none"
}

# Everything that find sees, but for what the kernel makes up.
find_files() {
    guest find / \( -path /proc -o -path /sys -o -path /dev/pts \) -prune -o "$@"
}

# Path, type, size, mode, owner, links, times of content and of inode, target.
photograph_files() {
    find_files -printf '%p\t%y\t%s\t%m\t%U:%G\t%n\t%T@\t%C@\t%l\n' | awk -F '\t' -v OFS='\t' '
        NR == FNR { kind["^" $2 "$"] = $1; next }
        { for (path in kind) if ($1 ~ path) { $7 = $8 = "-"; if (kind[path] == "grows") $3 = "-" } print }
    ' <(printf '%s\n' "${left_out[@]}") -
}

photograph_contents() {
    find_files -type f -print0 | guest xargs -0 -r sha256sum | awk '
        NR == FNR { if ($1 == "grows") grows["^" $2 "$"]; next }
        { hash = $1; sub(/^[^ ]+  /, ""); for (path in grows) if ($0 ~ path) next; print $0 "\t" hash }
    ' <(printf '%s\n' "${left_out[@]}") -
}

# The state, and what tells that a unit was started anew in between.
photograph_units() {
    local properties=Id,LoadState,ActiveState,SubState,UnitFileState,Result,InvocationID,MainPID,NRestarts,StateChangeTimestampMonotonic
    guest systemctl show '*' --property="$properties,FragmentPath,DropInPaths" | one_line_each
    guest systemctl list-unit-files --full --no-legend --no-pager
}

photograph_timers() {
    guest systemctl show '*.timer' --property=Id,NextElapseUSecRealtime,NextElapseUSecMonotonic,LastTriggerUSec | one_line_each
}

one_line_each() { awk -v RS= '{ gsub(/\n/, " "); print }'; }

# The ps that looks is the one that has no parent in the host and is not process 1.
photograph_processes() {
    guest ps -ww -eo pid=,ppid=,user=,args= | awk '$1 == 1 || $2 != 0'
}

photograph_sysctls() {
    guest sysctl --all 2>/dev/null | grep -vE "^($unsteady_sysctls) ="
}

photograph_mounts() { cat "/proc/$init/mountinfo"; }

# The rules of nftables; of the older iptables the tables in use, of which a host has none before its first rule.
photograph_firewall() {
    cat "/proc/$init/net/"ip{,6}_tables_names 2>/dev/null || true
    firewall --stateless list ruleset
}

# The nft of this machine, in the network of the host.
firewall() { nsenter --target "$init" --net nft "$@"; }

photograph_network() {
    local what
    for what in link address 'route show table all' '-6 route show table all' rule; do
        # shellcheck disable=SC2086
        guest ip -oneline $what
    done
}

# From /proc, since ss would load the modules that it asks.
photograph_listening() {
    awk 'FNR > 1 && ($4 == "0A" || FILENAME ~ /udp/) { print $2, $8, $10 }' "/proc/$init/net/"{tcp,tcp6,udp,udp6}
    awk '$4 == "00010000" { print $6, $7, $8 }' "/proc/$init/net/unix"
}

# Those of this machine, as the host shares its kernel.
photograph_modules() { if [[ -r /proc/modules ]]; then cut -d ' ' -f 1,2 /proc/modules; fi; }

photograph_users() { guest getent passwd && guest getent group && guest who; }

# What calls itself sshd and is another program is compared as well. Since trixie a session is a program of its own.
photograph_journal() {
    guest journalctl --all --output=json --no-pager | jq -r '
        select((.SYSLOG_IDENTIFIER | IN("sshd", "sshd-session", "sshd-auth")) and (._COMM // "sshd" | startswith("sshd")) | not)
        | [.__REALTIME_TIMESTAMP, .SYSLOG_IDENTIFIER, (.MESSAGE | tostring)] | @tsv'
}

photograph_auth() { grep -vE ' sshd(-session|-auth)?\[' "/proc/$init/root/var/log/auth.log" || true; }
