# What hosts are made from, kept in the cache: a Debian tree for each release, and a disk image for each release and profile, with
# packages, files and a past. An image is made anew when anything that it is made from changes.
# shellcheck shell=bash disable=SC2154

releases=(bullseye bookworm trixie)
base_packages=(systemd systemd-sysv dbus openssh-server iproute2 iputils-ping procps util-linux kmod e2fsprogs cron rsyslog
    logrotate less hostname sudo chrony nftables openssl ca-certificates lsof)
# The neighbours of a host: name server, time server, a mail server, and what reads and writes journals.
neighbour_packages=(dnsmasq-base chrony systemd-journal-remote postfix)

# Makes what the named hosts (RELEASE-PROFILE) need.
prepare() {
    local host
    [[ $EUID -eq 0 ]] || die "did not run: booting a host needs root"
    install_tools
    lock_cache
    make_neighbour
    for host in "$@"; do
        make_image "${host%%-*}" "${host#*-}"
    done
}

install_tools() {
    local missing=() pair
    for pair in debootstrap:debootstrap systemd-nspawn:systemd-container mkfs.ext4:e2fsprogs jq:jq ip:iproute2 nsenter:util-linux \
        ssh:openssh-client nft:nftables perl:perl; do
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

# A tree as debootstrap leaves it, with the packages of every host.
make_tree() {
    local release=$1 tree=$cache/trees/$1 include
    if fresh "$tree" "${base_packages[*]}"; then return; fi
    include=$(IFS=, && echo "${base_packages[*]}")
    say "making $tree"
    rm -rf "$tree"
    mkdir -p "$cache/trees"
    debootstrap --variant=minbase --include="$include" "$release" "$tree" ${mirror:+"$mirror"} >"$cache/debootstrap.log" 2>&1 ||
        die "debootstrap failed, see $cache/debootstrap.log"
    printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
    chmod 755 "$tree/usr/sbin/policy-rc.d"
    finished "$tree" "${base_packages[*]}"
}

make_neighbour() {
    local tree=$cache/trees/neighbour
    if fresh "$tree" "${neighbour_packages[*]}"; then return; fi
    make_tree bookworm
    say "making $tree"
    rm -rf "$tree"
    cp -a "$cache/trees/bookworm" "$tree"
    install_packages "$tree" "${neighbour_packages[@]}"
    tr -d - </proc/sys/kernel/random/uuid >"$tree/etc/machine-id"
    finished "$tree" "${neighbour_packages[*]}"
}

# Packages from where the tree itself came from. No service of theirs starts.
install_packages() {
    local tree=$1 log=$cache/apt.log
    shift
    cp --dereference /etc/resolv.conf "$tree/etc/resolv.conf"
    { in_tree "$tree" apt-get update -qq &&
        in_tree "$tree" env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get install -y -qq --no-install-recommends \
            -o Dpkg::Options::=--force-confold "$@"; } >"$log" 2>&1 </dev/null || die "the packages did not install, see $log"
    in_tree "$tree" apt-get clean
}

# Runs a command in a tree, with /proc, in a mount namespace of its own.
in_tree() {
    # shellcheck disable=SC2016  # the inner shell expands it
    unshare --mount --propagation private sh -c 'mount --bind /proc "$0/proc" && exec chroot "$0" "$@"' "$@"
}

# A disk image of a profile, and its past.
make_image() {
    local release=$1 profile=$2 image=$cache/images/$1-$2.img tree=$cache/trees/work key packages
    [[ " ${releases[*]} " == *" $release "* ]] || die "there is no release $release: ${releases[*]}"
    [[ -d $sources/profiles/$profile ]] || die "there is no profile $profile: $(ls "$sources/profiles")"
    key=$(echo "${base_packages[*]}" && declare -f settle install_packages live_past visit_past | sha256sum &&
        cd "$sources" && find lib.sh profiles/base "profiles/$profile" -type f -exec sha256sum {} + | sort)
    if fresh "$image" "$key"; then return; fi
    make_tree "$release"
    say "making $image"
    rm -rf "$tree"
    mkdir -p "$cache/images"
    cp -a "$cache/trees/$release" "$tree"
    copy_files "$sources/profiles/base/files" "$tree"
    copy_files "$sources/profiles/$profile/files" "$tree"
    read -r -a packages < <(profile_packages "$release" "$profile" | paste -sd ' ')
    [[ ${#packages[@]} -eq 0 ]] || install_packages "$tree" "${packages[@]}"
    settle "$tree" "$profile"
    make_disk "$image" root "$root_mib" "$tree"
    rm -rf "$tree"
    make_past "$release" "$profile" "$image"
    finished "$image" "$key"
}

# One a line in the file "packages"; "bullseye: NAME" is for that release only, "!trixie: NAME" for all others.
profile_packages() {
    local line
    while read -r line; do
        case $line in
        '' | '#'*) ;;
        '!'*:*) [[ ${line%%:*} == "!$1" ]] || echo "${line#*: }" ;;
        *:*) [[ ${line%%:*} != "$1" ]] || echo "${line#*: }" ;;
        *) echo "$line" ;;
        esac
    done < <(cat "$sources/profiles/$2/packages")
}

copy_files() {
    [[ ! -d $1 ]] || tar -C "$1" --mode=u=rwX,go=rX --owner=0 --group=0 -c . | tar -C "$2" -x
}

# What the packages and the copied files leave to be done once. Where Debian came from is the recording machine's own business.
settle() {
    local tree=$1 profile=$2 release
    release=$(sed -n 's/^VERSION_CODENAME=//p' "$tree/etc/os-release")
    echo '8f1d4c3b2a5e4f60a7b8c9d0e1f20314' >"$tree/etc/machine-id"
    echo "deb http://mirror.corp.example/debian $release main" >"$tree/etc/apt/sources.list"
    rm -rf "$tree"/etc/apt/sources.list.d/* "$tree"/var/lib/apt/lists/* "$tree/var/log/bootstrap.log" "$tree/usr/sbin/policy-rc.d"
    rm -rf "$tree"/usr/share/{doc,man,locale,info}/*
    rm -f "$tree/etc/resolv.conf"
    printf 'search corp.example\nnameserver 192.0.2.1\n' >"$tree/etc/resolv.conf"
    in_tree "$tree" systemd-sysusers 2>/dev/null
    in_tree "$tree" bash -eu -s <"$sources/profiles/base/settle.sh" || die "the base did not settle"
    in_tree "$tree" bash -eu -s <"$sources/profiles/$profile/settle.sh" >"$cache/settle.log" 2>&1 || die "the profile $profile did not settle, see $cache/settle.log"
}

make_disk() {
    local image=$1 label=$2 mib=$3 tree=$4
    rm -f "$image"
    truncate -s "${mib}M" "$image"
    mkfs.ext4 -q -F -L "$label" ${tree:+-d "$tree"} "$image"
}

# Whether something in the cache is there, complete, and made from the same.
fresh() { [[ -e $1 && -f $1.made-from ]] && cmp -s "$1.made-from" - <<<"$2"; }

finished() { cat >"$1.made-from" <<<"$2"; }
