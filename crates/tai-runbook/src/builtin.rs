/// The runbooks that are compiled in: file name and source, in alphabetical order.
pub const BUILTIN: &[(&str, &str)] = &[
    ("disk.md", include_str!("../../../runbooks/disk.md")),
    ("memory.md", include_str!("../../../runbooks/memory.md")),
    ("nginx.md", include_str!("../../../runbooks/nginx.md")),
    ("ssh.md", include_str!("../../../runbooks/ssh.md")),
    ("systemd.md", include_str!("../../../runbooks/systemd.md")),
];
