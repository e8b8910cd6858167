# The proof that looking changes nothing: a host before and after tai looked at it over SSH for every kind of trouble.
# shellcheck shell=bash disable=SC2154

# A question for each category, one for none, and one that names things, so that each collector has its turn.
questions=(
    'the service failed to start after the deploy'
    'connections are refused, the network is unreachable'
    'the disk is full, writes fail'
    'a process was killed, out of memory, and swap is used up'
    'kernel panic after the reboot, a driver is missing'
    'is anything wrong here?'
    'nginx.service and ssh.service on port 80 and port 22: /srv/uploads is full, /var/log/nginx/error.log and /etc/fstab look wrong'
)

# What writes by itself on the hosts.
writers=(uploads status-page invoice-worker metrics-agent orders1 orders2 customers haproxy redis-server ledger tickets postgresql@13-main postgresql@15-main postgresql@17-main
    mariadb newsletter chrony cron)

# Boots, looks, and dies when anything is different afterwards.
prove_read_only() {
    local name=$1 before=$work/before after=$work/after commands different
    boot_case "$name"
    break_host "$name"
    quieten
    # A first login may leave what no later one does.
    open_door root
    wait_until 20 logged_out || die "the first login did not end"
    check_photographs
    print_left_out
    say "$name: photographing"
    photograph "$before"
    investigate "$name"
    wait_until 20 logged_out || die "$name: a login did not end"
    photograph "$after"
    halt
    differences "$before" "$after" >"$work/differences"
    different=$(wc -l <"$work/differences")
    [[ $different -eq 0 ]] || { cat "$work/differences" && die "$name: $different differences"; }
    commands=$(wc -l <"$work/commands")
    echo "$name: $(wc -l <"$before/files") files photographed, tai ran $commands commands over SSH, differences 0"
    rm -rf "$before" "$after"
}

# The services that write by themselves stand still, or a difference could be theirs.
quieten() {
    local unit
    guest systemctl stop '*.timer'
    for unit in "${writers[@]}"; do
        if guest systemctl --quiet is-active "$unit"; then guest systemctl kill --signal=STOP "$unit"; fi
    done
    sleep 2
}

logged_out() { ! guest pgrep -f '^sshd: (root|\[)' >/dev/null; }

look() {
    local status=0
    through_door "$@" --host "$host" >"$work/tai.log" 2>&1 || status=$?
    # 1 means that some evidence could not be collected.
    [[ $status -le 1 ]] || { cat "$work/tai.log" >&2 && die "tai $1 failed with exit status $status"; }
}

# Asks every question, and says which collectors had no turn.
investigate() {
    local question capture=$work/capture
    : >"$work/commands"
    say "$1: tai probe, and ${#questions[@]} times tai run"
    look probe
    for question in "${questions[@]}"; do
        rm -rf "$capture"
        look run --model none --once --save-capture "$capture" "$question"
        jq -r '.commands[] | select(.exit_status != null) | .command' "$capture/manifest.json" >>"$work/commands"
    done
    say "$1: collectors without a turn: $(collectors_without_turn | paste -sd ,)"
}

# The commands of the table that were not run, whatever the target. A capture quotes some words that the table does not.
collectors_without_turn() {
    local command
    sed -n 's/.*\bcommand: "\([^"]\+\)".*/\1/p' "$repo/crates/tai-collect/src/table/"*.rs | while read -r command; do
        grep -qx -- "$(sed 's/[].*[]/\\&/g; s/{[a-z]*}/.*/' <<<"$command")" <(tr -d "'" <"$work/commands") || echo " $command"
    done
}

# Changes the host on purpose and dies when a photograph does not show it.
check_photographs() {
    local without=$work/without with=$work/with seen=$work/seen section
    say "checking that a photograph shows a change"
    photograph "$without"
    guest touch /etc/hostname
    guest mount -t tmpfs planted /mnt
    guest sysctl -q -w net.ipv4.ip_default_ttl=65
    firewall add table inet planted
    guest systemd-run --quiet --unit=planted systemd-socket-activate --listen=8099 /bin/true
    sleep 1
    photograph "$with"
    guest systemctl stop planted
    guest sysctl -q -w net.ipv4.ip_default_ttl=64
    firewall delete table inet planted
    guest umount /mnt
    differences "$without" "$with" >"$seen"
    grep -q '^files + /etc/hostname' "$seen" || die "a photograph does not show that a file was touched"
    grep -q '^units + .*planted.service' "$seen" || die "a photograph does not show that a unit was started"
    for section in processes listening sysctls mounts firewall journal; do
        grep -q "^$section + " "$seen" || die "a photograph does not show a change of $section"
    done
    rm -rf "$without" "$with"
}
