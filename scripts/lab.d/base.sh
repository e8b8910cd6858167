# What every host is made from: the tools on this machine, and a plain Debian tree in the cache.
# shellcheck shell=bash disable=SC2154

suite=bookworm
base=$cache/$suite
packages=(systemd systemd-sysv dbus nginx-light openssh-server iproute2 iputils-ping procps util-linux kmod e2fsprogs
    cron rsyslog logrotate less hostname)

prepare() {
    [[ $EUID -eq 0 ]] || die "did not run: booting a host needs root"
    install_tools
    lock_cache
    [[ -e $base.complete ]] || make_base
}

install_tools() {
    local missing=() pair
    for pair in debootstrap:debootstrap systemd-nspawn:systemd-container mkfs.ext4:e2fsprogs jq:jq ip:iproute2 nsenter:util-linux \
        ssh:openssh-client nft:nftables; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
    done
    [[ ${#missing[@]} -eq 0 ]] && return
    command -v apt-get >/dev/null || die "please install: ${missing[*]}"
    say "installing ${missing[*]}"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# Only one at a time works in a cache, so what is left there is that of one which was killed. The lock is held until the last process ends.
lock_cache() {
    local lock run
    mkdir -p "$cache"
    exec {lock}>"$cache/lock"
    flock --nonblock "$lock" || die "another scripts/lab is at work in $cache"
    for run in "$cache"/run.*; do
        [[ -d $run ]] || continue
        find /sys/fs/cgroup -depth -type d -path "*/tai-lab.${run##*.}*" -exec rmdir {} \;
        rm -rf --one-file-system "$run"
    done
}

make_base() {
    local include
    include=$(
        IFS=,
        echo "${packages[*]}"
    )
    say "making $base"
    rm -rf "$base"
    debootstrap --variant=minbase --include="$include" "$suite" "$base" ${mirror:+"$mirror"} >"$cache/debootstrap.log" 2>&1 ||
        die "debootstrap failed, see $cache/debootstrap.log"
    chroot "$base" apt-get clean
    touch "$base.complete"
}
