//! Virtual machines and the hosts of them.

use crate::Category::{Disk, Network, Virtualisation};
use crate::{Collector, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "guest-agents",
        categories: &[Virtualisation],
        command: "systemctl show qemu-guest-agent.service open-vm-tools.service vmtoolsd.service walinuxagent.service \
                  google-guest-agent.service hv-kvp-daemon.service hypervkvpd.service amazon-ssm-agent.service \
                  cloud-init.service -p Id,LoadState,ActiveState,SubState,Result",
        when: &[When::Systemd, When::Virtual],
        value: 6,
        why: "agents through which the hypervisor or cloud talks to this guest",
        ..USUAL
    },
    Collector {
        id: "guest-agent-journal",
        categories: &[Virtualisation],
        command: "journalctl -u qemu-guest-agent -u open-vm-tools -u vmtoolsd -u walinuxagent -u google-guest-agent \
                  -u hv-kvp-daemon -u amazon-ssm-agent -n 200 -o short-iso --no-pager",
        when: &[When::Systemd, When::Virtual],
        value: 6,
        timeout_s: 20,
        why: "what the guest's agents say: freeze for a snapshot, lost channel, keys",
        ..USUAL
    },
    Collector {
        id: "guest-drivers",
        categories: &[Virtualisation],
        command: "grep -E '^(virtio|vmw|vmx|hv_|hyperv|xen|balloon|ena|nvme|gve)' /proc/modules",
        when: &[When::Virtual],
        value: 4,
        why: "drivers of the guest for disk, network and memory balloon",
        ..USUAL
    },
    Collector {
        id: "guest-tools",
        categories: &[Virtualisation],
        command: "vmware-toolbox-cmd stat balloon",
        when: &[When::Virtual],
        why: "memory that VMware took from the guest",
        ..USUAL
    },
    Collector {
        id: "cloud-init-log",
        categories: &[Virtualisation],
        command: "tail -n 300 /var/log/cloud-init.log",
        when: &[When::Program("cloud-init")],
        as_root: true,
        value: 7,
        why: "what cloud-init did at boot, and where it failed: network, keys, disks",
        ..USUAL
    },
    Collector {
        id: "cloud-init-output",
        categories: &[Virtualisation],
        command: "tail -n 200 /var/log/cloud-init-output.log",
        when: &[When::Program("cloud-init")],
        as_root: true,
        value: 6,
        why: "what scripts of cloud-init printed",
        ..USUAL
    },
    Collector {
        id: "cloud-init-journal",
        categories: &[Virtualisation],
        command: "journalctl -u cloud-init -u cloud-init-local -u cloud-config -u cloud-final -n 200 -o short-iso \
                  --no-pager",
        when: &[When::Systemd, When::Program("cloud-init")],
        value: 6,
        timeout_s: 20,
        why: "stages of cloud-init with times: waiting for the metadata service",
        ..USUAL
    },
    Collector {
        id: "virtual-machines",
        categories: &[Virtualisation],
        command: "virsh -r list --all",
        value: 9,
        timeout_s: 20,
        why: "virtual machines of this host: shut off, paused, crashed",
        ..USUAL
    },
    Collector {
        id: "virtual-pools",
        categories: &[Virtualisation, Disk],
        command: "virsh -r pool-list --all",
        value: 6,
        timeout_s: 20,
        why: "storage pools of libvirt that are inactive",
        ..USUAL
    },
    Collector {
        id: "virtual-networks",
        categories: &[Virtualisation, Network],
        command: "virsh -r net-list --all",
        value: 6,
        timeout_s: 20,
        why: "networks of libvirt that are inactive: guest has no network",
        ..USUAL
    },
    Collector {
        id: "libvirt-journal",
        categories: &[Virtualisation],
        command: "journalctl -u libvirtd -u virtqemud -u virtlogd -u virtstoraged -u virtnetworkd -n 300 -o short-iso \
                  --no-pager",
        when: &[When::Systemd, When::Program("virsh")],
        value: 8,
        timeout_s: 20,
        why: "what libvirt says: cannot access storage, internal error, migration failed",
        ..USUAL
    },
    Collector {
        id: "guest-logs",
        categories: &[Virtualisation],
        command: "ls -la --full-time /var/log/libvirt/qemu",
        when: &[When::Program("virsh")],
        as_root: true,
        why: "logs of guests by time: which one was started or ended last",
        ..USUAL
    },
    Collector {
        id: "guest-processes",
        categories: &[Virtualisation],
        command: "ps -C qemu-system-x86,qemu-system-x86_64,qemu-kvm,kvm -o pid,user,stat,rss,pcpu,lstart,comm",
        when: &[When::Program("vmstat"), When::NoContainer],
        value: 6,
        why: "guests as processes: memory and CPU that they take",
        ..USUAL
    },
    Collector {
        id: "kvm",
        categories: &[Virtualisation],
        command: "ls -la /dev/kvm",
        when: &[When::Program("virsh")],
        why: "whether the host can run guests, and who may",
        ..USUAL
    },
    Collector {
        id: "nova-log",
        categories: &[Virtualisation],
        command: "tail -n 300 /var/log/nova/nova-compute.log",
        when: &[When::Program("nova-compute")],
        as_root: true,
        value: 8,
        why: "what OpenStack's compute service says: instance failed to spawn, no valid host, messaging timeout",
        ..USUAL
    },
    Collector {
        id: "neutron-log",
        categories: &[Virtualisation, Network],
        command: "tail -n 300 /var/log/neutron/neutron-openvswitch-agent.log",
        when: &[When::Program("neutron-openvswitch-agent")],
        as_root: true,
        value: 7,
        why: "what OpenStack's network agent says: bridge, port binding failed",
        ..USUAL
    },
    Collector {
        id: "proxmox-tasks",
        categories: &[Virtualisation],
        command: "tail -n 200 /var/log/pve/tasks/index",
        when: &[When::Program("pveversion")],
        as_root: true,
        value: 7,
        why: "tasks of Proxmox VE and how they ended",
        ..USUAL
    },
];
