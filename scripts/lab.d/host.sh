# One booted host. It lives in mount, process and network namespaces of its own, so that its mounts, loop devices, processes and
# interfaces end with this script, even when that is killed.
# shellcheck shell=bash disable=SC2154

host_name=web1
root_mib=1024
uploads_mib=64

isolated() {
    # shellcheck disable=SC2093
    exec unshare --mount --propagation private --net --pid --fork --kill-child --mount-proc "$0" --inside "$@"
}

enter_isolation() {
    local command=$1
    shift
    work=$(mktemp -d "$cache/run.XXXXXX")
    cgroups=()
    trap 'halt; leave_cgroup; rm -rf --one-file-system "$work"' EXIT
    trap 'exit 130' INT TERM HUP
    own_cgroup
    mount -t tmpfs tmpfs /run
    ip link set lo up
    case $command in
    record) each record_capture "$@" ;;
    prove) each prove_read_only "$@" ;;
    shell) each open_shell "$1" ;;
    esac
}

# systemd makes control groups below the one that it is started in: with one of our own, all of them can be removed afterwards.
own_cgroup() {
    local mount type parent
    while read -r mount type; do
        [[ $type == cgroup2 ]] && parent=$mount$(sed -n 's/^0:://p' /proc/self/cgroup)
        [[ $type == cgroup ]] && parent=$mount$(sed -n 's/^[0-9]*:name=systemd://p' /proc/self/cgroup)
        mkdir "$parent/tai-lab.${work##*.}" 2>/dev/null || continue
        cgroups+=("$parent/tai-lab.${work##*.}")
        echo 0 >"${cgroups[-1]}/cgroup.procs"
    done < <(findmnt -rno TARGET,FSTYPE -t cgroup2 && findmnt -rno TARGET,FSTYPE -t cgroup -O name=systemd)
}

leave_cgroup() {
    local group
    for group in "${cgroups[@]}"; do
        echo 0 >"${group%/*}/cgroup.procs"
        find "$group" -depth -type d -exec rmdir {} \; || true
    done
}

open_shell() {
    boot "$1"
    break_host "$1"
    guest bash -l || true
    halt
}

# Boots a fresh host and waits until it is up.
boot() {
    local root=$work/root
    halt
    mkdir -p "$root"
    say "$1: booting $host_name"
    make_disk "$work/root.img" root "$root_mib" "$base"
    mount -o loop "$work/root.img" "$root" || die "loop devices do not work here"
    tar -C "$sources/host" --mode=u=rwX,go=rX --owner=0 --group=0 -c . | tar -C "$root" -x
    mkdir -p "$work/uploads/incoming" "$root/srv/uploads"
    make_disk "$work/uploads.img" uploads "$uploads_mib" "$work/uploads"
    mount -o loop "$work/uploads.img" "$root/srv/uploads"
    settle "$root"

    systemd-nspawn --boot --quiet --register=no --keep-unit --network-veth --machine="$host_name" --directory="$root" \
        --resolv-conf=off --timezone=off --link-journal=no --console=pipe \
        </dev/null >"$work/console.log" 2>&1 &
    nspawn=$!
    wait_until 20 find_init || boot_failed
    ip link set "ve-$host_name" up
    ip address add 192.0.2.1/24 dev "ve-$host_name"
    wait_until 60 is_up || boot_failed
    hide_machine
    say "$1: booted, $(guest systemctl is-system-running || true)"
}

boot_failed() {
    tail -n 40 "$work/console.log" >&2
    die "the host did not boot"
}

# The options and the disk of the machine that this runs on are not those of the host.
hide_machine() {
    guest umount --recursive --lazy /run/host
    guest sh -c 'echo quiet >/run/cmdline && mount --bind /run/cmdline /proc/cmdline'
}

# What the packages and the copied files leave to be done once.
settle() {
    local root=$1
    echo '8f1d4c3b2a5e4f60a7b8c9d0e1f20314' >"$root/etc/machine-id"
    # Where Debian came from is the recording machine's own business.
    : >"$root/etc/apt/sources.list"
    chroot "$root" systemd-sysusers 2>/dev/null
    chroot "$root" chown -R uploads:uploads /srv/uploads/incoming
    chroot "$root" systemctl --quiet enable systemd-networkd uploads status-page invoice-worker
}

make_disk() {
    local image=$1 label=$2 mib=$3 tree=$4
    truncate -s "${mib}M" "$image"
    mkfs.ext4 -q -F -L "$label" -d "$tree" "$image"
}

# The process 1 of the host, seen from here.
find_init() {
    local child
    for child in $(pgrep -P "$nspawn"); do
        if [[ $(awk '/^NSpid/ {print NF, $NF}' "/proc/$child/status") == "3 1" ]]; then
            init=$child
            return
        fi
    done
    return 1
}

is_up() {
    [[ $(guest systemctl is-system-running 2>/dev/null) =~ running|degraded ]]
}

# Runs a command in the host, as root. It leaves no line in the host's journal, as a login would. The kernel's log is that of the
# machine underneath, so it may not be read.
guest() {
    nsenter --target "$init" --all --root --wd setpriv --bounding-set=-syslog --inh-caps=-syslog \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM="${TERM:-dumb}" LC_ALL=C "$@"
}

# Runs the script of a case in the host.
break_host() {
    say "$1: $(sed -n '1s/^# //p' "$sources/cases/$1.sh")"
    { declare -f wait_until && cat "$sources/cases/$1.sh"; } | guest bash -eu -s || die "$1: the fault did not appear"
}

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
    if [[ -n ${nspawn:-} ]]; then
        kill -KILL "${init:-$nspawn}" 2>/dev/null || true
        wait "$nspawn" 2>/dev/null || true
        nspawn='' init=''
    fi
    mountpoint -q "$work/root" && umount -R "$work/root"
    rm -rf "$work"/*.img "$work/uploads"
}
