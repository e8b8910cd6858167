# Hosts that stay: booted behind a bastion, for somebody who wants to try tai on them.
# shellcheck shell=bash disable=SC2034,SC2154

usual_hosts=(bullseye-web bookworm-app trixie-db)
bastion_address=192.0.2.5
outside_address=192.0.2.254

# Boots the hosts, says how to reach them, and stays until a signal comes.
stay_up() {
    local outer=$1 key number=10
    shift
    link_outside "$outer"
    boot_bastion
    for key in "$@"; do
        number=$((number + 1))
        boot "$key" "${key%%-*}" "${key#*-}" "192.0.2.$number"
        open_door root
    done
    write_jump_config
    declare -p work inits addresses released profiled >"$work/state"
    echo "$work" >"$cache/up"
    print_how_to_reach "$@"
    sleep infinity &
    wait $!
}

boot_bastion() {
    boot bastion bookworm bastion "$bastion_address"
    open_door ops forwarding
}

# An interface outside of our network namespace that leads to the bastion, and to nothing else. It goes with the namespace.
link_outside() {
    local net=/proc/self/fd/$1
    nsenter --net="$net" ip link add lab-tai type veth peer name uplink netns $$
    ip link set uplink master lab0 up
    nsenter --net="$net" ip address add "$outside_address/32" dev lab-tai
    nsenter --net="$net" ip link set lab-tai up
    nsenter --net="$net" ip route add "$bastion_address/32" dev lab-tai src "$outside_address"
}

# The configuration of the door, for one who stands outside: every host but the bastion is behind it.
write_jump_config() {
    local config=$work/door/config name
    { cat "$work/door/config.bastion" && for name in "${!addresses[@]}"; do
        [[ $name == bastion ]] || { cat "$work/door/config.$name" && echo '    ProxyJump bastion'; }
    done; } >"$config"
}

print_how_to_reach() {
    local config=$work/door/config
    cat <<END

Hosts: $*, each as root, behind "bastion", which lets connections through and runs nothing. Try, for example:

  $tai run --ssh-config $config --host $1 "is anything wrong here?"
  ssh -F $config $1
  scripts/lab break NAME        (scripts/lab list; cases of these releases and profiles)
  scripts/lab down              (or Ctrl-C here)
END
}

# Runs this script in the namespaces of the lab that is up.
enter_lab() {
    nsenter --target "$(lab_process)" --mount --net --pid "$repo/scripts/lab" "$@"
}

leave_lab() {
    local process
    process=$(lab_process)
    kill -TERM "$process"
    while kill -0 "$process" 2>/dev/null; do sleep 0.2; done
}

# The first process of the lab that is up, as seen from outside.
lab_process() {
    local run process
    [[ $EUID -eq 0 ]] || die "did not run: it needs root"
    run=$(cat "$cache/up" 2>/dev/null || true)
    [[ -f $run/state ]] || die "no lab is up: scripts/lab up"
    for process in $(pgrep -f -- "--inside up"); do
        [[ $(awk '/^NSpid/ { print $NF, NF }' "/proc/$process/status") != "1 3" ]] || { echo "$process" && return; }
    done
    die "no lab is up: scripts/lab up"
}

# Breaks the booted host that fits a case.
break_booted() {
    local name=$1 candidate
    # shellcheck source=/dev/null
    source "$(cat "$cache/up")/state"
    [[ ! -f $sources/cases/$name.disk.sh ]] || die "$name needs a disk of its own from the start: scripts/lab shell $name"
    for candidate in "${!inits[@]}"; do
        if [[ ${released[$candidate]}-${profiled[$candidate]} == "$(hosts_of "$name")" ]]; then
            turn_to "$candidate"
            break_host "$name"
            say "$candidate is broken: $(jq -r .issue "$sources/cases/$name.json")"
            return
        fi
    done
    die "$name is for $(hosts_of "$name"), which is not up"
}
