use serde::{Deserialize, Serialize};

/// What kind of trouble a ticket is about. It decides which collectors run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// A unit or daemon that does not start, stops or misbehaves.
    Service,
    /// Connections, addresses, routes, ports, firewalls.
    Network,
    /// Names and those who resolve them.
    Dns,
    /// Space, inodes, file systems, block devices.
    Disk,
    /// Memory, swap, out-of-memory kills.
    Memory,
    /// Load, and what runs hot.
    Cpu,
    /// The kernel, drivers, hardware, boot.
    Kernel,
    /// Logins, accounts, SSH, permissions.
    Auth,
    /// Clocks and what sets them.
    Time,
    /// Packages and updates.
    Packages,
    /// Certificates and TLS.
    Certificates,
    /// Docker, Podman, Kubernetes.
    Containers,
    /// Web servers and proxies.
    Web,
    /// Databases and queues.
    Databases,
    /// Virtual machines and the hosts of them.
    Virtualisation,
    /// What is worth a look whatever the trouble is.
    General,
}

impl Category {
    /// Every category, in the order in which they are declared.
    pub const ALL: [Category; 16] = [
        Category::Service,
        Category::Network,
        Category::Dns,
        Category::Disk,
        Category::Memory,
        Category::Cpu,
        Category::Kernel,
        Category::Auth,
        Category::Time,
        Category::Packages,
        Category::Certificates,
        Category::Containers,
        Category::Web,
        Category::Databases,
        Category::Virtualisation,
        Category::General,
    ];

    /// The name of the category, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Category::Service => "service",
            Category::Network => "network",
            Category::Dns => "dns",
            Category::Disk => "disk",
            Category::Memory => "memory",
            Category::Cpu => "cpu",
            Category::Kernel => "kernel",
            Category::Auth => "auth",
            Category::Time => "time",
            Category::Packages => "packages",
            Category::Certificates => "certificates",
            Category::Containers => "containers",
            Category::Web => "web",
            Category::Databases => "databases",
            Category::Virtualisation => "virtualisation",
            Category::General => "general",
        }
    }
}

/// The words of a ticket that speak for a category, with spaces between: whole words, or beginnings of words where they end with `-`. In lower case.
pub(crate) const WORDS: [(Category, &str); 15] = [
    (
        Category::Service,
        "service services daemon unit start starts starting started restart- stop stops stopped crash- down dead fail fails \
                 failed failing loop loops respawn- flap- deploy- reload config- segfault- core dumped timer cron cronjob job jobs \
                 unavailable exit exits exited inactive activating 500 502 503 504 website web site server page pages login logins \
                 app apps application applications api portal stuck stall- mail mails email emails smtp imap postfix bounce- deliver- relay \
                 monitoring metrics graph graphs build builds pipeline- backup- import imports export exports print- phone- register-",
    ),
    (
        Category::Network,
        "network- connect- connection- unreachable reach ping packet- route routes routing resolve resolves resolv- dns \
                 firewall iptables nftables port ports listen- bind interface latency timeout timeouts timed refused socket sockets link ip tcp udp \
                 vpn tunnel- address mtu bond bonding vlan 502 503 504 download- upload- reachable offline remote transfer- scp sftp rsync smtp \
                 relay sip register- replicat- backup- monitoring",
    ),
    (
        Category::Dns,
        "dns resolve resolves resolved resolving resolver resolv- nameserver- hostname hostnames nxdomain servfail lookup lookups \
                 name names domain domains zone bind9 unbound dnsmasq bounce- prompt",
    ),
    (
        Category::Disk,
        "disk disks space full filling filesystem- partition- inode- mount- storage volume volumes write writes writing read-only \
                 readonly save saves saving upload- quota raid lvm nfs io i/o file files backup- log logs smart drive drives share shared samba smb cifs fstab attach- emergency \
                 slow slower sluggish stall- wait waits waiting late copy copies copying tape controller scp git",
    ),
    (
        Category::Memory,
        "memory oom ram swap- leak leaks leaking killed kill kills heap thrash- slow sluggish unresponsive hang hangs hanging load stall- java jvm gc",
    ),
    (
        Category::Cpu,
        "cpu cpus load slow slower slowness sluggish core cores throttl- steal runaway hot busy unresponsive iowait performance latency stall- lag lags laggy late delay- wait waits waiting \
                 fan fans",
    ),
    (
        Category::Kernel,
        "kernel panic oops driver drivers module modules reboot- boot boots booted hardware dmesg freeze- froze frozen lockup hung \
                 mce usb pci cpu temperature fan fans emergency rescue beep- controller",
    ),
    (
        Category::Auth,
        "login logins log-in ssh sshd sftp scp password passwords passphrase publickey permission permissions denied locked lockout \
                 account accounts sudo pam ldap sssd kerberos authenticat- authoriz- brute user users selinux apparmor fail2ban sign signin session sessions prompt \
                 reject-",
    ),
    (
        Category::Time,
        "clock clocks ntp chrony- timesync- drift- skew- skewed timezone time-zone out-of-sync wrong-time tomorrow future hwclock date dates expired",
    ),
    (
        Category::Packages,
        "package packages apt apt-get dpkg yum dnf rpm zypper pacman apk update updates updated upgrade- install- dependency \
                 dependencies repository repositories repo patch patched patches library libraries",
    ),
    (
        Category::Certificates,
        "certificate certificates cert certs tls ssl https expired expires expiry handshake x509 ca letsencrypt certbot trust \
                 untrusted",
    ),
    (
        Category::Containers,
        "container containers docker podman containerd crictl kubernetes k8s k3s kubelet kubectl pod pods image images registry \
                 compose cgroup- crashloopbackoff imagepull- evict-",
    ),
    (
        Category::Web,
        "website web site http https nginx apache apache2 httpd haproxy caddy proxy gateway page pages 404 403 500 502 503 504 \
                 vhost php php-fpm browser browsers url checkout portal intranet app apps application applications api session sessions \
                 frontend backend",
    ),
    (
        Category::Databases,
        "database databases db postgres postgresql psql mysql mariadb redis mongo mongodb sql query queries replication replica \
                 deadlock deadlocks rabbitmq queue queues kafka elasticsearch memcached cassandra search index results",
    ),
    (
        Category::Virtualisation,
        "vm vms virtual virtualisation virtualization hypervisor guest guests libvirt- kvm qemu vmware xen balloon- live-migrat- \
                 cloud-init snapshot snapshots",
    ),
];

impl std::fmt::Display for Category {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
