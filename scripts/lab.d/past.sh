# The past of a host. A host is booted once when its image is made, lives through some days in a minute (profiles/*/past.sh; "jump"
# says that time passes), and is switched off. Its journal and logs are real; their times are moved before each later boot, so that
# the past ended a few minutes ago, and before each jump lies the time that it names.
# shellcheck shell=bash disable=SC2154

# How long before its boot a host was switched off, in seconds; how long before its past it was installed.
down_for=150
installed_before=$((19 * 86400))

# Boots an image, lets it live, and keeps in IMAGE.jumps when its time jumped.
make_past() { (isolated past "$1" "$2" "$3"); }

live_past() {
    local release=$1 profile=$2 image=$3 name=$2
    date +%s >"$image.jumps"
    boot "$name" "$release" "$profile" "$(profile_address "$profile")" "$image"
    say "$release-$profile: its past"
    visit_past "$name" &
    { cat "$sources/lib.sh" "$sources/profiles/base/past.sh" "$sources/profiles/$profile/past.sh"; } |
        guest bash -u -s >"$work/past.log" 2>&1 || { tail -n 20 "$work/past.log" >&2 && die "$release-$profile has no past"; }
    wait $!
    guest cat /run/jumps >>"$image.jumps"
    guest sh -c 'rm -f /run/jumps /var/log/wtmp /var/log/btmp /var/log/lastlog; touch /var/log/wtmp /var/log/btmp /var/log/lastlog'
    guest systemctl poweroff --no-block
    # shellcheck disable=SC2016  # wait_until evaluates it
    wait_until 60 '! kill -0 "${pids[$host]}" 2>/dev/null' || die "$release-$profile does not switch itself off"
    date +%s >>"$image.jumps"
    halt
}

# What others do meanwhile: somebody guesses passwords, somebody logs in.
visit_past() {
    local address=${addresses[$1]} user
    sleep 4
    for user in admin oracle test; do
        ssh -n -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "$user@$address" true
        sleep 3
    done 2>/dev/null || true
}

# Moves the past of a host, whose disk is mounted and which does not run, so that it ends before now.
move_past() {
    local root=$1 jumps=$2 pieces=$work/pieces
    # From the lines "START", "TIME SECONDS"..., "END".
    awk -v now="$(date +%s)" -v down="$down_for" -v installed="$installed_before" '
        { at[NR] = $1; by[NR] = $2 }
        END {
            offset = now - down - at[NR]
            for (i = NR; i > 1; i--) { line[i] = at[i] + (i == NR) " " offset; offset -= by[i - 1] }
            print at[1], offset - installed
            for (i = 2; i <= NR; i++) print line[i]
        }' "$jumps" >"$pieces"
    move_logs "$root" "$pieces"
}

# Moves the journal and the text logs below a root.
move_logs() {
    local root=$1 pieces=$2 journal=$1/var/log/journal neighbour=$cache/trees/neighbour machine moved
    machine=$(<"$root/etc/machine-id")
    find "$root/var/log" -path "$journal" -prune -o -type f -print0 | xargs -0 -r "$repo/scripts/lab.d/shift-times" "$pieces"
    [[ -d $journal/$machine ]] || return 0
    moved=$journal/$machine/system@$(printf '%032x-%016x-%016x' 1 "$RANDOM" "$(date +%s)").journal
    # What is read and what is written must not be in one directory: journalctl would read what it has just moved.
    mount -t tmpfs tmpfs "$neighbour/mnt"
    cp -a "$journal/$machine" "$neighbour/mnt/from"
    chroot "$neighbour" journalctl --directory=/mnt/from -o export | "$repo/scripts/lab.d/shift-times" --export "$pieces" |
        chroot "$neighbour" env SYSTEMD_JOURNAL_COMPACT=0 SYSTEMD_JOURNAL_KEYED_HASH=1 \
            /lib/systemd/systemd-journal-remote --output=/mnt/moved.journal - 2>"$work/journal-remote.log" ||
        { cat "$work/journal-remote.log" >&2 && die "the journal did not move"; }
    rm -f "$journal/$machine"/*.journal*
    cp "$neighbour/mnt/moved.journal" "$moved"
    umount "$neighbour/mnt"
    chown --reference="$journal/$machine" "$journal/$machine"/*.journal
    chmod 640 "$journal/$machine"/*.journal
}
