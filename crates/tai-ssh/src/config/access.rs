//! Who may have written a file.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use nix::unistd::{Gid, Group, Uid, User};

/// Whether only root and the user can have written the file, as OpenSSH in Debian asks it: a group may write when the user is its only member.
pub(super) fn is_safe(file: &Metadata, uid: u32) -> bool {
    if file.uid() != 0 && file.uid() != uid || file.mode() & 0o002 != 0 {
        return false;
    }
    file.mode() & 0o020 == 0 || is_private_group(file, uid)
}

fn is_private_group(file: &Metadata, uid: u32) -> bool {
    let Ok(Some(group)) = Group::from_gid(Gid::from_raw(file.gid())) else { return false };
    let Ok(Some(owner)) = User::from_uid(Uid::from_raw(file.uid())) else { return false };
    // Whose primary group it is, the groups do not say. Users that no file lists are not seen here.
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let primary: Vec<&str> = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .filter(|fields| fields.get(3).is_some_and(|gid| *gid == file.gid().to_string()))
        .filter_map(|fields| fields.get(2).copied())
        .collect();
    primary.iter().all(|id| *id == uid.to_string())
        && group.mem.iter().all(|member| *member == owner.name)
        && group.mem.len() <= 1
        && !(primary.is_empty() && group.mem.is_empty())
}
