# The way into a host over SSH: a key for one of its users, and a configuration that trusts its host keys.
# shellcheck shell=bash disable=SC2154

# open_door USER [forwarding]: afterwards through_door runs tai as somebody who may log in as that user, or only pass on to another host.
open_door() {
    local user=$1 asks=(true) door=$work/door root=/proc/$init/root home key
    mkdir -p "$door"
    chmod 700 "$door"
    [[ -f $door/key ]] || ssh-keygen -q -t ed25519 -N '' -C lab -f "$door/key"
    [[ -x $door/tai ]] || install -m 755 "$tai" "$door/tai"
    home=$(guest getent passwd "$user" | cut -d : -f 6)
    guest install -d -m 700 -o "$user" -g "$user" "$home/.ssh"
    guest sh -c "cat >>$home/.ssh/authorized_keys && chown $user: $home/.ssh/authorized_keys && chmod 600 $home/.ssh/authorized_keys" \
        <"$door/key.pub"
    for key in "$root"/etc/ssh/ssh_host_*_key.pub; do
        echo "${addresses[$host]} $(<"$key")"
    done >"$door/known_hosts.$host"
    cat >"$door/config.$host" <<END
Host $host
    HostName ${addresses[$host]}
    User $user
    IdentityFile "$door/key"
    IdentitiesOnly yes
    UserKnownHostsFile "$door/known_hosts.$host"
    GlobalKnownHostsFile none
    StrictHostKeyChecking yes
END
    cat "$door"/config.* >"$door/config"
    [[ $# -eq 1 ]] || asks=(-W "${addresses[$host]}:22")
    ssh -n -F "$door/config" "$host" "${asks[@]}" >/dev/null || die "sshd of $host lets nobody in"
}

# Runs tai with that configuration and nothing of this machine's.
through_door() {
    local command=$1
    shift
    env -i PATH="$PATH" HOME="$work/door" "$work/door/tai" "$command" --ssh-config "$work/door/config" "$@"
}
