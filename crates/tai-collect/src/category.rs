use serde::Serialize;

/// What kind of trouble a ticket is about. It decides which collectors run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// A unit or daemon that does not start, stops or misbehaves.
    Service,
    /// Connections, addresses, routes, names, ports.
    Network,
    /// Space, inodes, file systems, block devices.
    Disk,
    /// Memory, swap, out-of-memory kills.
    Memory,
    /// The kernel, drivers, hardware, boot.
    Kernel,
    /// What is worth a look whatever the trouble is.
    General,
}

impl Category {
    /// The words of a ticket that speak for this category, with spaces between: whole words, or beginnings of words where they end with `-`. In lower case.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Category::Service => {
                "service services daemon unit start starts starting started restart- stop stops stopped crash- down dead fail fails \
                 failed failing loop loops respawn- flap- 500 502 503 504 website web site server login logins deploy- reload config- \
                 unavailable exit exits exited inactive activating page pages"
            }
            Category::Network => {
                "network- connect- connection- unreachable reach ping packet- dns resolve resolves resolv- route routes routing \
                 firewall port ports listen- bind interface latency timeout timeouts refused socket sockets link ip tcp udp vpn address \
                 502 503 504 download- upload-"
            }
            Category::Disk => {
                "disk disks space full filling filesystem- partition- inode- mount- storage volume volumes write writes writing read-only \
                 readonly save saves saving upload- quota raid lvm nfs io i/o file files backup- log logs"
            }
            Category::Memory => {
                "memory oom ram swap- leak leaks leaking killed kill kills heap thrash- slow sluggish unresponsive hang hangs hanging load"
            }
            Category::Kernel => {
                "kernel panic oops driver drivers module modules reboot- boot boots booted hardware dmesg freeze- froze frozen lockup hung \
                 mce usb pci cpu temperature"
            }
            Category::General => "",
        }
    }

    /// Every category, in the order in which they are declared.
    pub const ALL: [Category; 6] =
        [Category::Service, Category::Network, Category::Disk, Category::Memory, Category::Kernel, Category::General];
}

impl std::fmt::Display for Category {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Category::Service => "service",
            Category::Network => "network",
            Category::Disk => "disk",
            Category::Memory => "memory",
            Category::Kernel => "kernel",
            Category::General => "general",
        })
    }
}
