//! Space, inodes, file systems, block devices, what serves and mounts them over the network.

use crate::Category::{Cpu, Disk, General, Kernel, Network};
use crate::{Collector, Cost, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "df",
        categories: &[Disk, General],
        command: "df -PT",
        value: 10,
        timeout_s: 10,
        why: "free disk space: a full file system breaks everything else",
        ..USUAL
    },
    Collector {
        id: "inodes",
        categories: &[Disk, General],
        command: "df -Pi",
        value: 8,
        timeout_s: 10,
        why: "free inodes: a disk with space but no inodes is full as well",
        ..USUAL
    },
    Collector {
        id: "pressure-io",
        categories: &[General],
        command: "cat /proc/pressure/io",
        value: 6,
        why: "whether tasks wait for the disk: slow",
        ..USUAL
    },
    Collector {
        id: "mounts",
        categories: &[Disk],
        command: "findmnt -l",
        value: 7,
        timeout_s: 10,
        why: "what is mounted where, with which options: read-only shows here",
        ..USUAL
    },
    Collector {
        id: "mounts-plain",
        categories: &[Disk],
        command: "cat /proc/mounts",
        instead_of: Some("mounts"),
        value: 7,
        why: "the mounts without util-linux",
        ..USUAL
    },
    Collector {
        id: "read-only-mounts",
        categories: &[Disk, Kernel],
        command: "findmnt -l -O ro -t ext2,ext3,ext4,xfs,btrfs,f2fs,jfs,vfat -o TARGET,SOURCE,FSTYPE,OPTIONS",
        value: 7,
        timeout_s: 10,
        why: "file systems that are mounted read-only: remounted after an error, writes fail",
        ..USUAL
    },
    Collector {
        id: "block-devices",
        categories: &[Disk],
        command: "lsblk -o NAME,SIZE,TYPE,FSTYPE,MOUNTPOINT,RO",
        value: 6,
        why: "which disk is behind a mount, and its size",
        ..USUAL
    },
    Collector {
        id: "partitions",
        categories: &[Disk],
        command: "cat /proc/partitions",
        instead_of: Some("block-devices"),
        value: 6,
        why: "disks and partitions with their sizes, without lsblk",
        ..USUAL
    },
    Collector {
        id: "block-identities",
        categories: &[Disk],
        command: "lsblk -o NAME,KNAME,MAJ:MIN,FSTYPE,LABEL,UUID,STATE,ROTA,MODEL,SERIAL",
        why: "which disk a kernel message means, its UUID as fstab wants it, and whether it is offline",
        ..USUAL
    },
    Collector {
        id: "largest-directories",
        categories: &[Disk, General],
        command: "du -xk --max-depth=3 --threshold=1M {mount}",
        when: &[When::Program("stdbuf")],
        value: 9,
        cost: Cost::Heavy,
        timeout_s: 30,
        why: "the largest directories: what fills the disk",
        ..USUAL
    },
    Collector {
        id: "largest-directories-plain",
        categories: &[Disk, General],
        command: "du -xk -d 3 {mount}",
        instead_of: Some("largest-directories"),
        value: 9,
        cost: Cost::Heavy,
        timeout_s: 30,
        why: "the largest directories, with busybox: what fills the disk",
        ..USUAL
    },
    Collector {
        id: "large-files",
        categories: &[Disk],
        command: "find {mount} -xdev -type f -size +200M -ls",
        when: &[When::Program("stdbuf")],
        value: 7,
        cost: Cost::Heavy,
        timeout_s: 30,
        max_kib: 256,
        why: "single files that fill the disk: dumps, logs, images, backups",
        ..USUAL
    },
    Collector {
        id: "grown-files",
        categories: &[Disk],
        command: "find {mount} -xdev -type f -size +20M -mmin -1440 -ls",
        when: &[When::Program("stdbuf")],
        value: 6,
        cost: Cost::Heavy,
        timeout_s: 30,
        max_kib: 256,
        why: "large files that were written in the last day: what grows",
        ..USUAL
    },
    Collector {
        id: "large-files-plain",
        categories: &[Disk],
        command: "find {mount} -xdev -type f -size +204800k",
        instead_of: Some("large-files"),
        value: 7,
        cost: Cost::Heavy,
        timeout_s: 30,
        max_kib: 256,
        why: "single files that fill the disk, without GNU find",
        ..USUAL
    },
    Collector {
        id: "many-files",
        categories: &[Disk],
        command: "du -x --inodes --max-depth=4 --threshold=5000 {mount}",
        when: &[When::Program("stdbuf")],
        value: 6,
        cost: Cost::Heavy,
        timeout_s: 30,
        why: "directories with very many files: where the inodes went",
        ..USUAL
    },
    Collector {
        id: "log-directories",
        categories: &[Disk],
        command: "du -xk -d 2 /var/log /var/tmp /var/spool /var/crash",
        value: 6,
        cost: Cost::Medium,
        timeout_s: 20,
        why: "logs, spools and temporary files that fill the disk",
        ..USUAL
    },
    Collector {
        id: "package-caches",
        categories: &[Disk],
        command: "du -xk -s /var/cache/apt /var/cache/dnf /var/cache/yum /var/cache/zypp /var/cache/pacman \
                  /var/lib/docker /var/lib/containers /var/lib/snapd",
        value: 3,
        cost: Cost::Heavy,
        timeout_s: 20,
        why: "caches and images that may be cleaned where the disk is full",
        ..USUAL
    },
    Collector {
        id: "deleted-files",
        categories: &[Disk],
        command: "lsof -nP +L1",
        value: 7,
        cost: Cost::Medium,
        timeout_s: 20,
        why: "disk space that is held by files already deleted",
        ..USUAL
    },
    Collector {
        id: "logs",
        categories: &[Disk],
        command: "ls -laS /var/log",
        why: "the largest logs on the disk",
        ..USUAL
    },
    Collector {
        id: "journal-size",
        categories: &[Disk],
        command: "journalctl --disk-usage",
        when: &[When::Systemd],
        why: "space that the journal takes",
        ..USUAL
    },
    Collector {
        id: "journald-settings",
        categories: &[Disk],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/systemd/journald.conf",
        when: &[When::Systemd],
        value: 3,
        why: "limits of the journal, and whether it is kept over a reboot",
        ..USUAL
    },
    Collector {
        id: "logrotate-state",
        categories: &[Disk],
        command: "grep -Hs . /var/lib/logrotate/status /var/lib/logrotate/logrotate.status /var/lib/logrotate.status \
                  /var/lib/misc/logrotate.status",
        why: "when each log was rotated last: logs that grow without end",
        ..USUAL
    },
    Collector {
        id: "logrotate-journal",
        categories: &[Disk],
        command: "journalctl -u logrotate -n 100 -o short-iso --no-pager",
        when: &[When::Systemd],
        why: "errors of logrotate: a log that is no more rotated",
        ..USUAL
    },
    Collector {
        id: "logrotate-rules",
        categories: &[Disk],
        command: "ls -la /etc/logrotate.conf /etc/logrotate.d",
        value: 3,
        why: "which logs have rules for rotation, and files that logrotate ignores for their mode",
        ..USUAL
    },
    Collector {
        id: "fstab",
        categories: &[Disk],
        command: "cat /etc/fstab",
        value: 6,
        why: "what should be mounted",
        ..USUAL
    },
    Collector {
        id: "fstab-check",
        categories: &[Disk],
        command: "findmnt --verify",
        when: &[When::Program("lsmem")],
        value: 6,
        timeout_s: 10,
        why: "errors in fstab: unknown UUID, missing mount point, a mount that fails at boot",
        ..USUAL
    },
    Collector {
        id: "mount-units",
        categories: &[Disk],
        command: "systemctl list-units --type=mount,automount,swap --all --full --plain --no-legend --no-pager",
        when: &[When::Systemd],
        value: 6,
        why: "mounts that failed or wait, as systemd sees them",
        ..USUAL
    },
    Collector {
        id: "path-space",
        categories: &[Disk],
        command: "df -PT {path}",
        value: 6,
        timeout_s: 10,
        why: "the file system the path is on",
        ..USUAL
    },
    Collector {
        id: "path-users",
        categories: &[Disk],
        command: "lsof -nP {path}",
        cost: Cost::Medium,
        timeout_s: 20,
        max_kib: 256,
        why: "who has the file or directory open: device is busy, cannot unmount or delete",
        ..USUAL
    },
    Collector {
        id: "path-attributes",
        categories: &[Disk],
        command: "lsattr -d {path}",
        value: 4,
        why: "an immutable file, which not even root can write or delete",
        ..USUAL
    },
    Collector {
        id: "blkid",
        categories: &[Disk],
        command: "blkid",
        as_root: true,
        value: 4,
        why: "UUID and type of file systems, to compare with fstab",
        ..USUAL
    },
    Collector {
        id: "iostat",
        categories: &[Disk, Cpu],
        command: "iostat -xkty 1 2",
        value: 8,
        cost: Cost::Medium,
        why: "load, latency and queue of each disk right now: a slow or saturated disk",
        ..USUAL
    },
    Collector {
        id: "diskstats",
        categories: &[Disk, Cpu],
        command: "cat /proc/diskstats",
        instead_of: Some("iostat"),
        value: 4,
        why: "counters of each disk since boot, without sysstat",
        ..USUAL
    },
    Collector {
        id: "io-by-process",
        categories: &[Disk, Cpu],
        command: "pidstat -dl 1 2",
        as_root: true,
        value: 6,
        cost: Cost::Medium,
        why: "which process reads and writes the disk right now",
        ..USUAL
    },
    Collector {
        id: "io-by-process-iotop",
        categories: &[Disk, Cpu],
        command: "iotop -b -o -n 2 -d 1 -t",
        instead_of: Some("io-by-process"),
        as_root: true,
        value: 6,
        cost: Cost::Medium,
        why: "which process reads and writes the disk right now",
        ..USUAL
    },
    Collector {
        id: "sar-disk",
        categories: &[Disk],
        command: "sar -b -d -p",
        max_kib: 512,
        why: "load of the disks over the day, to see since when it is slow",
        ..USUAL
    },
    Collector {
        id: "waiting-processes",
        categories: &[Disk, Kernel, Cpu],
        command: "ps -eo state,pid,ppid,user,wchan:32,lstart,comm",
        when: &[When::Program("vmstat")],
        value: 6,
        why: "processes that hang uninterruptible (D) on a disk or on NFS, and zombies (Z)",
        ..USUAL
    },
    Collector {
        id: "mdstat",
        categories: &[Disk],
        command: "cat /proc/mdstat",
        value: 8,
        why: "software RAID: a degraded array, a failed disk, a rebuild",
        ..USUAL
    },
    Collector {
        id: "md-arrays",
        categories: &[Disk],
        command: "mdadm --detail --scan",
        as_root: true,
        value: 4,
        why: "the arrays that are there, to compare with mdadm.conf",
        ..USUAL
    },
    // Not in a container: where no udev has made /dev/mapper/control, programs of the device mapper make it.
    Collector {
        id: "logical-volumes",
        categories: &[Disk],
        command: "lvs -a -o lv_name,vg_name,lv_attr,lv_size,data_percent,metadata_percent,lv_health_status,devices",
        when: &[When::NoContainer],
        as_root: true,
        value: 7,
        why: "a thin pool that is full, a snapshot that is invalid, a RAID volume that is partial",
        ..USUAL
    },
    Collector {
        id: "volume-groups",
        categories: &[Disk],
        command: "vgs -o vg_name,pv_count,lv_count,vg_attr,vg_size,vg_free,vg_missing_pv_count",
        when: &[When::NoContainer],
        as_root: true,
        value: 6,
        why: "free space to extend a volume, and a disk missing from a group",
        ..USUAL
    },
    Collector {
        id: "physical-volumes",
        categories: &[Disk],
        command: "pvs -o pv_name,vg_name,pv_attr,pv_size,pv_free,pv_missing",
        when: &[When::NoContainer],
        as_root: true,
        why: "which disk belongs to which volume group, and which is missing",
        ..USUAL
    },
    Collector {
        id: "device-mapper",
        categories: &[Disk],
        command: "dmsetup status",
        when: &[When::NoContainer],
        as_root: true,
        value: 4,
        why: "targets of the device mapper: errors, thin pools, multipath, a suspended device",
        ..USUAL
    },
    Collector {
        id: "device-tree",
        categories: &[Disk],
        command: "dmsetup ls --tree",
        when: &[When::NoContainer],
        as_root: true,
        value: 3,
        why: "which device stands on which: dm-3 of a kernel message",
        ..USUAL
    },
    Collector {
        id: "zfs-status",
        categories: &[Disk],
        command: "zpool status -v",
        value: 9,
        why: "ZFS: degraded pool, checksum errors, files that are lost, a scrub",
        ..USUAL
    },
    Collector {
        id: "zfs-pools",
        categories: &[Disk],
        command: "zpool list -v",
        value: 6,
        why: "ZFS: space, fragmentation and health of pools",
        ..USUAL
    },
    Collector {
        id: "zfs-space",
        categories: &[Disk],
        command: "zfs list -o space",
        value: 6,
        why: "ZFS: space by file system and by snapshots: full though files were deleted",
        ..USUAL
    },
    Collector {
        id: "zfs-events",
        categories: &[Disk],
        command: "zpool events",
        as_root: true,
        value: 4,
        why: "ZFS: errors of disks, with times",
        ..USUAL
    },
    Collector {
        id: "btrfs-usage",
        categories: &[Disk],
        command: "btrfs filesystem usage {mount}",
        when: &[When::FileSystem("btrfs")],
        as_root: true,
        value: 8,
        why: "Btrfs: no space left though df shows some: unallocated and metadata",
        ..USUAL
    },
    Collector {
        id: "btrfs-errors",
        categories: &[Disk],
        command: "btrfs device stats {mount}",
        when: &[When::FileSystem("btrfs")],
        as_root: true,
        value: 7,
        why: "Btrfs: write, read and corruption errors by device",
        ..USUAL
    },
    Collector {
        id: "btrfs-devices",
        categories: &[Disk],
        command: "btrfs filesystem show",
        when: &[When::FileSystem("btrfs")],
        as_root: true,
        value: 4,
        why: "Btrfs: devices that are missing",
        ..USUAL
    },
    Collector {
        id: "multipath",
        categories: &[Disk],
        command: "multipath -ll",
        when: &[When::NoContainer],
        as_root: true,
        value: 8,
        why: "paths to disks that failed, maps without any path",
        ..USUAL
    },
    Collector {
        id: "multipath-paths",
        categories: &[Disk],
        command: "multipathd show paths",
        when: &[When::NoContainer],
        as_root: true,
        why: "state of every path to storage as the daemon sees it",
        ..USUAL
    },
    Collector {
        id: "iscsi-sessions",
        categories: &[Disk],
        command: "iscsiadm -m session",
        as_root: true,
        value: 6,
        why: "iSCSI: targets that are logged in, a session that is lost",
        ..USUAL
    },
    Collector {
        id: "drbd-status",
        categories: &[Disk],
        command: "drbdadm status",
        as_root: true,
        value: 8,
        why: "DRBD: StandAlone, split brain, Inconsistent, a peer that is gone",
        ..USUAL
    },
    Collector {
        id: "smart-sda",
        categories: &[Disk, Kernel],
        command: "smartctl -H -i -A -l error /dev/sda",
        when: &[When::NoContainer],
        as_root: true,
        value: 6,
        why: "health of the first disk: pending and reallocated sectors, errors, hours",
        ..USUAL
    },
    Collector {
        id: "smart-sdb",
        categories: &[Disk, Kernel],
        command: "smartctl -H -i -A -l error /dev/sdb",
        when: &[When::Physical],
        as_root: true,
        value: 4,
        why: "health of the second disk: pending and reallocated sectors, errors",
        ..USUAL
    },
    Collector {
        id: "smart-nvme",
        categories: &[Disk, Kernel],
        command: "smartctl -H -i -A -l error /dev/nvme0",
        when: &[When::NoContainer],
        as_root: true,
        value: 6,
        why: "health of the first NVMe disk: spare, percentage used, media errors",
        ..USUAL
    },
    Collector {
        id: "smart-disks",
        categories: &[Disk],
        command: "smartctl --scan",
        when: &[When::Physical],
        as_root: true,
        value: 3,
        why: "the disks that smartctl can ask, behind RAID controllers too",
        ..USUAL
    },
    Collector {
        id: "smart-journal",
        categories: &[Disk, Kernel],
        command: "journalctl -u smartd -u smartmontools -n 200 -o short-iso --no-pager",
        when: &[When::Systemd, When::Program("smartctl")],
        value: 6,
        timeout_s: 20,
        why: "what smartd warned of: pending sectors, failed self-tests, temperature",
        ..USUAL
    },
    Collector {
        id: "nvme-disks",
        categories: &[Disk],
        command: "nvme list",
        as_root: true,
        value: 3,
        why: "NVMe disks with model, firmware and size",
        ..USUAL
    },
    Collector {
        id: "nvme-health",
        categories: &[Disk, Kernel],
        command: "nvme smart-log /dev/nvme0",
        as_root: true,
        why: "health of the first NVMe disk: critical warning, spare, media errors",
        ..USUAL
    },
    Collector {
        id: "network-mounts",
        categories: &[Disk, Network],
        command: "findmnt -l -t nfs,nfs4,cifs,smb3,ceph,fuse.sshfs,fuse.glusterfs,fuse.ceph,glusterfs,9p -o \
                  TARGET,SOURCE,FSTYPE,OPTIONS",
        value: 6,
        timeout_s: 10,
        why: "file systems of other hosts: hard or soft, timeouts, version, server",
        ..USUAL
    },
    Collector {
        id: "nfs-mounts",
        categories: &[Disk],
        command: "nfsstat -m",
        timeout_s: 10,
        why: "options that NFS mounts really have",
        ..USUAL
    },
    Collector {
        id: "nfs-client",
        categories: &[Disk],
        command: "nfsstat -c",
        value: 6,
        why: "NFS client: retransmissions, a server that does not answer",
        ..USUAL
    },
    Collector {
        id: "nfs-server",
        categories: &[Disk],
        command: "nfsstat -s",
        when: &[When::Program("exportfs")],
        value: 4,
        why: "NFS server: calls, bad calls, by operation",
        ..USUAL
    },
    Collector {
        id: "nfs-exports",
        categories: &[Disk],
        command: "exportfs -v",
        as_root: true,
        value: 6,
        why: "what this host exports over NFS, to whom, with which options",
        ..USUAL
    },
    Collector {
        id: "nfs-exports-file",
        categories: &[Disk],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/exports",
        when: &[When::Program("exportfs")],
        value: 6,
        why: "what should be exported over NFS: access denied by server",
        ..USUAL
    },
    Collector {
        id: "nfs-shown",
        categories: &[Disk],
        command: "showmount -e localhost",
        when: &[When::Program("exportfs")],
        value: 4,
        timeout_s: 10,
        why: "what clients are shown of the exports",
        ..USUAL
    },
    Collector {
        id: "rpc-services",
        categories: &[Disk, Network],
        command: "rpcinfo -p",
        timeout_s: 10,
        why: "ports of NFS and its helpers: mountd, nlockmgr, rpcbind not registered",
        ..USUAL
    },
    Collector {
        id: "quotas",
        categories: &[Disk],
        command: "repquota -a",
        as_root: true,
        value: 6,
        cost: Cost::Medium,
        timeout_s: 20,
        why: "users and groups over their quota: disk quota exceeded",
        ..USUAL
    },
    Collector {
        id: "ceph-status",
        categories: &[Disk],
        command: "ceph -s",
        as_root: true,
        value: 9,
        timeout_s: 20,
        why: "Ceph: health, OSDs down, placement groups degraded or inactive, full",
        ..USUAL
    },
    Collector {
        id: "ceph-health",
        categories: &[Disk],
        command: "ceph health detail",
        as_root: true,
        value: 9,
        timeout_s: 20,
        why: "Ceph: each warning with what it means: slow ops, nearfull, clock skew, scrub errors",
        ..USUAL
    },
    Collector {
        id: "ceph-log",
        categories: &[Disk],
        command: "tail -n 300 /var/log/ceph/ceph.log",
        when: &[When::Program("ceph")],
        as_root: true,
        value: 6,
        why: "Ceph: what the monitors logged: OSD failed, marked down, slow requests",
        ..USUAL
    },
];
