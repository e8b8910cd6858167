# The kernel's log of a host. The kernel is shared, so what it says of this host's disks, interfaces and control groups is picked out of
# the log of the machine, and handed to the journal of the host, where it would stand if the kernel were its own.
# shellcheck shell=bash disable=SC2154

import_kernel_log() {
    local boot lines=$work/kernel.log export=$work/kernel.export neighbour=$cache/trees/neighbour machine
    kernel_lines >"$lines"
    [[ -s $lines ]] || return 0
    boot=$(guest cat /proc/sys/kernel/random/boot_id | tr -d -)
    machine=$(guest cat /etc/machine-id)
    awk -v boot="$boot" -v machine="$machine" -v name="$(profile_name "${profiled[$host]}")" -v now="$(date +%s.%N)" \
        -v uptime="$(cut -d ' ' -f 1 /proc/uptime)" -v theirs="$(guest cut -d ' ' -f 1 /proc/uptime)" '
        match($0, /^<[0-9]+>\[ *[0-9.]+\] /) {
            head = substr($0, 1, RLENGTH); text = substr($0, RLENGTH + 1)
            priority = head; gsub(/^<|>.*/, "", priority)
            time = head; gsub(/.*\[ *|\].*/, "", time)
            printf "__REALTIME_TIMESTAMP=%.0f\n__MONOTONIC_TIMESTAMP=%.0f\n", 1e6 * (now - uptime + time), 1e6 * (theirs - uptime + time)
            printf "_BOOT_ID=%s\n_MACHINE_ID=%s\n_HOSTNAME=%s\n_TRANSPORT=kernel\n", boot, machine, name
            printf "PRIORITY=%d\nSYSLOG_FACILITY=0\nSYSLOG_IDENTIFIER=kernel\nMESSAGE=%s\n\n", priority % 8, text
        }' "$lines" >"$export"
    mount --bind "/proc/$init/root/var/log/journal" "$neighbour/mnt"
    chroot "$neighbour" env SYSTEMD_JOURNAL_COMPACT=0 /lib/systemd/systemd-journal-remote --output=/mnt/kernel.journal - \
        <"$export" 2>"$work/journal-remote.log" || die "the kernel's log was not imported, see $work/journal-remote.log"
    umount "$neighbour/mnt"
    guest sh -c "cd /var/log/journal && mv kernel.journal */ && chown --reference=. */kernel.journal && chmod 640 */kernel.journal"
}

# Lines since this host was booted, with the name of one of its disks or of its control group, which is left out of them.
kernel_lines() {
    local device devices=''
    while read -r device; do
        devices+="|${device#/dev/}"
    done < <(findmnt -rno SOURCE | grep '^/dev/loop' | sort -u)
    dmesg --raw | awk -v since="$booted_at" -v devices="(${devices#|})" -v group="tai-lab.${work##*.}" '
        { time = $0; sub(/^<[0-9]+>\[ */, "", time); sub(/\].*/, "", time) }
        time + 0 < since + 0 { next }
        devices != "()" && $0 ~ "(^|[^a-z0-9])" devices "([^0-9]|$)" && !/operation not supported|capacity change/ { print; next }
        index($0, group) || /Memory cgroup out of memory|oom_reaper|invoked oom-killer/ { gsub("[^ ,=]*/" group "(/payload)?", ""); print }
    '
}
