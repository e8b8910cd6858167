# The kernel's log of a host. The kernel is shared, so what it says of this host's disks, interfaces and control groups is picked out of
# the log of the machine, and handed to the journal of the host, where it would stand if the kernel were its own.
# shellcheck shell=bash disable=SC2154

import_kernel_log() {
    local boot lines=$work/kernel.log export=$work/kernel.export neighbour=$cache/trees/neighbour machine uptime theirs
    uptime=$(cut -d ' ' -f 1 /proc/uptime)
    theirs=$(guest cut -d ' ' -f 1 /proc/uptime)
    kernel_lines "$uptime" "$theirs" >"$lines"
    [[ -s $lines ]] || return 0
    boot=$(guest cat /proc/sys/kernel/random/boot_id | tr -d -)
    machine=$(guest cat /etc/machine-id)
    awk -v boot="$boot" -v machine="$machine" -v name="$(profile_name "${profiled[$host]}")" -v now="$(date +%s.%N)" \
        -v uptime="$uptime" -v theirs="$theirs" '
        match($0, /^<[0-9]+>\[ *[0-9.]+\] /) {
            head = substr($0, 1, RLENGTH); text = substr($0, RLENGTH + 1)
            priority = head; gsub(/^<|>.*/, "", priority)
            time = head; gsub(/.*\[ *|\].*/, "", time)
            printf "__REALTIME_TIMESTAMP=%.0f\n__MONOTONIC_TIMESTAMP=%.0f\n", 1e6 * (now - uptime + time), 1e6 * (theirs - uptime + time)
            printf "_BOOT_ID=%s\n_MACHINE_ID=%s\n_HOSTNAME=%s\n_TRANSPORT=kernel\n", boot, machine, name
            printf "PRIORITY=%d\nSYSLOG_FACILITY=0\nSYSLOG_IDENTIFIER=kernel\nMESSAGE=%s\n\n", priority % 8, text
        }' "$lines" >"$export"
    mount -t tmpfs tmpfs "$neighbour/mnt"
    chroot "$neighbour" env SYSTEMD_JOURNAL_COMPACT=0 /lib/systemd/systemd-journal-remote --output=/mnt/kernel.journal - \
        <"$export" 2>"$work/journal-remote.log" || die "the kernel's log was not imported, see $work/journal-remote.log"
    guest sh -c "cd /var/log/journal/$machine && cat >kernel.journal && chown --reference=. kernel.journal && chmod 640 kernel.journal" \
        <"$neighbour/mnt/kernel.journal"
    umount "$neighbour/mnt"
}

# kernel_lines UPTIME THEIRS, how long the machine and the host have been up: lines since this host was booted, with the name of one of
# its disks or of its control group, which is left out of them. Of a kill for lack of memory, only lines in the middle have that name.
kernel_lines() {
    local device devices=''
    while read -r device; do
        devices+="|${device#/dev/}"
    done < <(findmnt -rno SOURCE | grep '^/dev/loop' | sort -u)
    dmesg --raw | awk -v uptime="$1" -v theirs="$2" -v devices="(${devices#|})" -v group="tai-lab.${work##*.}" '
        { time = $0; sub(/^<[0-9]+>\[ */, "", time); sub(/\].*/, "", time) }
        time + 0 < uptime - theirs { next }
        devices != "()" && $0 ~ "(^|[^a-z0-9])" devices "([^0-9]|$)" && !/operation not supported|capacity change/ { print; next }
        /invoked oom-killer/ { invoked = $0; ours = 0; next }
        index($0, group) && invoked { print invoked; invoked = ""; ours = 1 }
        index($0, group) { gsub("[^ ,=]*/" group "(/payload)?", ""); print; next }
        ours && /Memory cgroup out of memory|oom_reaper/
    '
}
