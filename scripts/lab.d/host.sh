# Booted hosts. They live in mount, process and network namespaces of this script's own, so that mounts, loop devices, processes
# and interfaces end with it, even when it is killed.
# shellcheck shell=bash disable=SC2034,SC2154

root_mib=1536
gateway=192.0.2.1
# By the name of a host: its process 1 and that of its systemd-nspawn, as seen from here, its address, release and profile.
declare -A inits pids addresses released profiled
# The host that guest talks to, and its process 1.
host='' init=''

isolated() {
    unshare --mount --propagation private --net --pid --fork --kill-child --mount-proc "$0" --inside "$@"
}

enter_isolation() {
    local command=$1
    shift
    work=$(mktemp -d "$cache/run.XXXXXX")
    cgroups=()
    trap 'halt_all; leave_network; leave_cgroup; rm -rf --one-file-system "$work"' EXIT
    trap 'exit 130' INT TERM HUP
    own_cgroup
    mount -t tmpfs tmpfs /run
    make_network
    case $command in
    past) live_past "$@" ;;
    record) each record_capture "$@" ;;
    prove) each prove_read_only "$@" ;;
    shell) each open_shell "$1" ;;
    up) stay_up "$@" ;;
    e2e) test_end_to_end ;;
    esac
}

# systemd makes control groups below the one that it is started in: with one of our own in each hierarchy, all of them can be removed
# afterwards. A hierarchy that takes no process as it is (cpuset) is left alone.
own_cgroup() {
    local mount group
    while read -r mount; do
        group=$mount$(cgroup_below "$mount")/tai-lab.${work##*.}
        mkdir "$group" 2>/dev/null || continue
        if echo 0 2>/dev/null >"$group/cgroup.procs"; then cgroups+=("$group"); else rmdir "$group"; fi
    done < <(findmnt -rno TARGET -t cgroup2,cgroup)
}

# The group of this process in the hierarchy that is mounted there. /proc/self/cgroup names it by its controllers, or not at all.
cgroup_below() {
    local options
    options=$(findmnt -rno FS-OPTIONS "$1" | tr , '\n')
    awk -F : -v options="$options" '
        BEGIN { split(options, list, "\n"); for (i in list) has[list[i]] }
        { split($2, names, ","); if (names[1] in has || $2 == "" && !found) { found = 1; path = $3 } }
        END { print path }' /proc/self/cgroup
}

leave_cgroup() {
    local group
    for group in "${cgroups[@]}"; do
        echo 0 >"${group%/*}/cgroup.procs"
        wait_until 5 "find '$group' -depth -type d -exec rmdir {} + 2>/dev/null" || say "left behind: $group"
    done
}

# One network with all hosts in it, and what every company has in it: a name server and a time server.
make_network() {
    local tree=$cache/trees/neighbour address
    mount --bind /proc "$tree/proc"
    ip link set lo up
    ip link add lab0 type bridge
    for address in "$gateway" 192.0.2.25 192.0.2.30; do
        ip address add "$address/24" dev lab0
    done
    ip link set lab0 up
    chroot "$tree" dnsmasq --keep-in-foreground --user=root --no-resolv --no-hosts --log-facility=- --local-ttl=60 --local=/corp.example/ \
        --address=/mirror.corp.example/192.0.2.2 --address=/ntp.corp.example/"$gateway" --address=/mail.corp.example/192.0.2.25 \
        --address=/metrics.corp.example/"$gateway" --address=/api.corp.example/192.0.2.30 --address=/www.customer.example/198.51.100.7 >"$work/dnsmasq.log" 2>&1 &
    printf 'local stratum 3\nallow 192.0.2.0/24\nport 123\ncmdport 0\npidfile /dev/null\n' >"$tree/etc/lab-chrony.conf"
    "$repo/scripts/lab.d/sink" "$gateway:9100" 192.0.2.30:80 2>"$work/sink.log" &
    chroot "$tree" smtp-sink -u nobody 192.0.2.25:25 64 2>"$work/smtp.log" &
    chroot "$tree" chronyd -x -d -F 0 -u root -f /etc/lab-chrony.conf >"$work/chronyd.log" 2>&1 &
}

# Ends whatever still runs in this process namespace, of which this script is process 1.
leave_network() {
    kill -KILL -1 2>/dev/null || true
    wait
    umount "$cache/trees/neighbour/proc"
}

open_shell() {
    boot_case "$1"
    break_host "$1"
    guest bash -l || true
    halt
}

# boot NAME RELEASE PROFILE ADDRESS [IMAGE]: boots a fresh host and waits until it is up. With an image it is booted from just that,
# and keeps what it writes; without, from a copy of that of the profile, whose past then ended a few minutes ago. The function
# before_boot, when there is one, may change the disk, which is mounted at $root.
boot() {
    local name=$1 release=$2 profile=$3 address=$4 image=${5:-} root=$work/$1/root
    host=$name released[$1]=$2 profiled[$1]=$3 addresses[$1]=$4
    mkdir -p "$root"
    say "$name: booting $release-$profile"
    if [[ -z $image ]]; then
        image=$work/$name/root.img
        cp --sparse=always "$cache/images/$release-$profile.img" "$image"
    fi
    mount -o loop "$image" "$root" || die "loop devices do not work here"
    [[ ! -f $cache/images/$release-$profile.img.jumps || $image != "$work"/* ]] ||
        move_past "$root" "$cache/images/$release-$profile.img.jumps"
    add_disks <"$sources/profiles/$profile/disks"
    identify "$root" "$profile" "$address"
    if declare -F before_boot >/dev/null; then before_boot; fi
    start_nspawn "$name" "$root"
    wait_until 20 find_init || boot_failed
    wait_until 90 is_up || boot_failed
    hide_machine
    say "$name: booted, $(guest systemctl is-system-running || true)"
}

# The time since boot is that of the host, not of this machine: a time namespace has its own.
start_nspawn() {
    local uptime
    read -r uptime _ </proc/uptime
    unshare --time --boottime "-${uptime%.*}" --monotonic "-${uptime%.*}" --fork --kill-child -- \
        systemd-nspawn --boot --quiet --register=no --keep-unit --network-bridge=lab0 --machine="$1" --directory="$2" \
        --resolv-conf=off --timezone=off --link-journal=no --console=pipe SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 \
        </dev/null >"$work/$1/console.log" 2>&1 &
    pids[$1]=$!
}

boot_failed() {
    tail -n 40 "$work/$host/console.log" >&2
    guest systemctl list-jobs >&2 || true
    die "$host did not boot"
}

# Name and address.
identify() {
    local root=$1 name=$2 address=$3
    name=$(profile_name "$name")
    echo "$name" >"$root/etc/hostname"
    printf '127.0.0.1\tlocalhost\n%s\t%s.corp.example %s\n::1\tlocalhost ip6-localhost ip6-loopback\n' "$address" "$name" "$name" \
        >"$root/etc/hosts"
    sed -i "s|^Address=.*|Address=$address/24|" "$root/etc/systemd/network/10-host0.network"
}

profile_name() { echo "${1}1"; }

# The address of a host when it is alone: by the place of its profile.
profile_address() {
    local number
    number=$(find "$sources/profiles" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | grep -nxF "$1")
    echo "192.0.2.$((10 + ${number%%:*}))"
}

# Lines "LABEL MIB MOUNT [FSTYPE [OPTIONS OF MKFS]]": disks of their own, each with a line in fstab.
add_disks() {
    local label mib mount type options image line
    while read -r label mib mount type options; do
        [[ -n $label && $label != '#'* ]] || continue
        image=$work/$host/$label.img
        [[ -f $image ]] || truncate -s "${mib}M" "$image"
        # shellcheck disable=SC2086
        "mkfs.${type:=ext4}" -q -L "$label" $options "$image"
        mkdir -p "$work/$host/root$mount"
        mount -o loop "$image" "$work/$host/root$mount"
        line=$(printf 'LABEL=%s\t%s\t%s\tdefaults\t0 2' "$label" "$mount" "$type")
        grep -qxF "$line" "$work/$host/root/etc/fstab" || echo "$line" >>"$work/$host/root/etc/fstab"
    done
}

# The options and the disk of the machine that this runs on are not those of the host.
hide_machine() {
    guest umount --recursive --lazy /run/host
    guest sh -c 'echo quiet >/run/cmdline && mount --bind /run/cmdline /proc/cmdline'
}

# The process 1 of the host, seen from here.
find_init() {
    local child
    for child in $(pgrep -P "$(pgrep -d , -P "${pids[$host]}")"); do
        if [[ $(awk '/^NSpid/ {print NF, $NF}' "/proc/$child/status") == "3 1" ]]; then
            inits[$host]=$child
            init=$child
            return
        fi
    done 2>/dev/null
    return 1
}

is_up() {
    [[ $(guest systemctl is-system-running 2>/dev/null) =~ running|degraded ]]
}

# Runs a command in the host, as root. It leaves no line in the host's journal, as a login would. The kernel's log is that of the
# machine underneath, so it may not be read.
guest() {
    nsenter --target "$init" --all --root --wd setpriv --bounding-set=-syslog --inh-caps=-syslog \
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM="${TERM:-dumb}" LC_ALL=C "$@"
}

# The host that the next commands are for.
turn_to() { host=$1 init=${inits[$1]}; }

# Evaluates a command every quarter of a second, for so many seconds.
wait_until() {
    local end=$((SECONDS + $1))
    until eval "$2"; do
        [[ $SECONDS -lt $end ]] || return 1
        sleep 0.25
    done
}

# Switches the host off and takes its disks away.
halt() {
    [[ -n $host ]] || return 0
    if [[ -n ${pids[$host]:-} ]]; then
        kill -KILL "${inits[$host]:-${pids[$host]}}" 2>/dev/null || true
        wait "${pids[$host]}" 2>/dev/null || true
        unset "pids[$host]" "inits[$host]"
    fi
    mountpoint -q "$work/$host/root" && umount -R "$work/$host/root"
    rm -rf --one-file-system "${work:?}/$host"
    host='' init=''
}

halt_all() {
    for host in "${!pids[@]}"; do
        halt
    done
}
