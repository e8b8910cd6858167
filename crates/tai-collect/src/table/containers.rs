//! Docker, Podman, Kubernetes.

use crate::Category::{Containers, Cpu, Disk, Memory, Network};
use crate::{Collector, Cost, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "docker-containers",
        categories: &[Containers],
        command: "docker ps -a --no-trunc",
        as_root: true,
        value: 9,
        timeout_s: 20,
        why: "containers of Docker: exited with which status, restarting, unhealthy",
        ..USUAL
    },
    Collector {
        id: "docker-state",
        categories: &[Containers],
        command: "docker inspect --format '{{.Name}} {{.RestartCount}} {{json .State}} {{json \
                  .HostConfig.RestartPolicy}} memory={{.HostConfig.Memory}} cpus={{.HostConfig.NanoCpus}} \
                  pids={{.HostConfig.PidsLimit}} {{.Config.Image}} {{json .NetworkSettings.Ports}} {{json .Mounts}}' \
                  {container}",
        as_root: true,
        value: 9,
        timeout_s: 20,
        why: "state of the container: exit code, OOMKilled, error, restarts, health, limits, mounts",
        ..USUAL
    },
    Collector {
        id: "docker-logs",
        categories: &[Containers],
        command: "docker logs --tail 300 --timestamps {container}",
        as_root: true,
        value: 9,
        timeout_s: 20,
        why: "what the container said last",
        ..USUAL
    },
    Collector {
        id: "docker-processes",
        categories: &[Containers],
        command: "docker top {container}",
        as_root: true,
        value: 3,
        timeout_s: 20,
        why: "processes in the container",
        ..USUAL
    },
    Collector {
        id: "docker-use",
        categories: &[Containers, Memory, Cpu],
        command: "docker stats --no-stream",
        as_root: true,
        value: 6,
        cost: Cost::Medium,
        timeout_s: 20,
        why: "memory and CPU of each container, against its limit",
        ..USUAL
    },
    Collector {
        id: "docker-space",
        categories: &[Containers, Disk],
        command: "docker system df",
        as_root: true,
        value: 6,
        cost: Cost::Medium,
        timeout_s: 30,
        why: "space of images, containers, volumes and build cache: what may be cleaned",
        ..USUAL
    },
    Collector {
        id: "docker-info",
        categories: &[Containers],
        command: "docker info",
        as_root: true,
        timeout_s: 20,
        why: "storage driver, cgroup driver, logging, registry mirrors, warnings of Docker",
        ..USUAL
    },
    Collector {
        id: "docker-events",
        categories: &[Containers],
        command: "docker events --since 2h --until 0s",
        as_root: true,
        value: 7,
        timeout_s: 20,
        max_kib: 512,
        why: "what happened to containers in the last two hours: die, oom, kill, health_status, restart",
        ..USUAL
    },
    Collector {
        id: "docker-networks",
        categories: &[Containers, Network],
        command: "docker network ls",
        as_root: true,
        value: 3,
        timeout_s: 20,
        why: "networks of Docker",
        ..USUAL
    },
    Collector {
        id: "docker-images",
        categories: &[Containers],
        command: "docker images",
        as_root: true,
        value: 3,
        timeout_s: 20,
        why: "images that are there, with tag and age",
        ..USUAL
    },
    Collector {
        id: "docker-settings",
        categories: &[Containers],
        command: "grep -HsviE 'auth|password|token' /etc/docker/daemon.json",
        when: &[When::Program("docker")],
        value: 6,
        why: "settings of the Docker daemon: log limits, storage, addresses, DNS",
        ..USUAL
    },
    Collector {
        id: "docker-journal",
        categories: &[Containers],
        command: "journalctl -u docker -u containerd -n 300 -o short-iso --no-pager",
        when: &[When::Systemd, When::Program("docker")],
        value: 8,
        timeout_s: 20,
        why: "what the Docker daemon says: failed to start, no space, pull failed, address pools",
        ..USUAL
    },
    Collector {
        id: "docker-log",
        categories: &[Containers],
        command: "tail -n 300 /var/log/docker.log",
        when: &[When::Program("docker")],
        instead_of: Some("docker-journal"),
        as_root: true,
        value: 8,
        why: "what the Docker daemon says where there is no journal (Alpine)",
        ..USUAL
    },
    Collector {
        id: "podman-containers",
        categories: &[Containers],
        command: "podman ps -a --no-trunc",
        value: 8,
        timeout_s: 20,
        why: "containers of Podman for this account: exited, restarting, unhealthy",
        ..USUAL
    },
    Collector {
        id: "podman-state",
        categories: &[Containers],
        command: "podman inspect --format '{{.Name}} {{.RestartCount}} {{json .State}} memory={{.HostConfig.Memory}} \
                  {{.ImageName}} {{json .Mounts}}' {container}",
        value: 8,
        timeout_s: 20,
        why: "state of the container under Podman: exit code, OOMKilled, error, restarts",
        ..USUAL
    },
    Collector {
        id: "podman-logs",
        categories: &[Containers],
        command: "podman logs --tail 300 --timestamps {container}",
        value: 8,
        timeout_s: 20,
        why: "what the container under Podman said last",
        ..USUAL
    },
    Collector {
        id: "podman-info",
        categories: &[Containers],
        command: "podman info",
        timeout_s: 20,
        why: "storage, cgroups, registries and network of Podman",
        ..USUAL
    },
    Collector {
        id: "podman-use",
        categories: &[Containers, Memory, Cpu],
        command: "podman stats --no-stream",
        cost: Cost::Medium,
        timeout_s: 20,
        why: "memory and CPU of each container under Podman",
        ..USUAL
    },
    Collector {
        id: "podman-events",
        categories: &[Containers],
        command: "podman events --since 2h --stream=false",
        value: 6,
        timeout_s: 20,
        max_kib: 512,
        why: "what happened to containers in the last two hours: died, oom, restart",
        ..USUAL
    },
    Collector {
        id: "podman-users",
        categories: &[Containers],
        command: "grep -Hs . /etc/subuid /etc/subgid",
        when: &[When::Program("podman")],
        value: 4,
        why: "ranges of ids for containers without root: insufficient UIDs, cannot set up namespace",
        ..USUAL
    },
    Collector {
        id: "podman-settings",
        categories: &[Containers],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/containers/registries.conf /etc/containers/storage.conf \
                  /etc/containers/containers.conf",
        when: &[When::Program("podman")],
        value: 4,
        why: "registries and storage of Podman",
        ..USUAL
    },
    Collector {
        id: "kubelet-journal",
        categories: &[Containers],
        command: "journalctl -u kubelet -u k3s -u k3s-agent -u rke2-server -u rke2-agent -u crio -u containerd -n 500 \
                  -o short-iso --no-pager",
        when: &[When::Systemd, When::NoProgram("docker")],
        value: 9,
        timeout_s: 20,
        why: "what the kubelet says: node not ready, eviction, image pull, CNI, certificate",
        ..USUAL
    },
    Collector {
        id: "kubelet-journal-docker",
        categories: &[Containers],
        command: "journalctl -u kubelet -n 500 -o short-iso --no-pager",
        when: &[When::Systemd, When::Program("docker"), When::Program("kubelet")],
        value: 9,
        timeout_s: 20,
        why: "what the kubelet says: node not ready, eviction, image pull, CNI, certificate",
        ..USUAL
    },
    Collector {
        id: "kubelet-settings",
        categories: &[Containers],
        command: "cat /var/lib/kubelet/config.yaml",
        when: &[When::Program("kubelet")],
        as_root: true,
        why: "thresholds for eviction, cgroup driver, rotation of certificates and logs",
        ..USUAL
    },
    Collector {
        id: "kubelet-manifests",
        categories: &[Containers],
        command: "ls -la --full-time /etc/kubernetes/manifests",
        when: &[When::Program("kubelet")],
        value: 4,
        why: "static pods of the control plane, and when they were changed",
        ..USUAL
    },
    Collector {
        id: "kubernetes-network-files",
        categories: &[Containers],
        command: "ls -la /etc/cni/net.d /opt/cni/bin",
        when: &[When::Program("kubelet")],
        why: "network plugin that is missing or there twice: cni config uninitialized",
        ..USUAL
    },
    Collector {
        id: "cri-containers",
        categories: &[Containers],
        command: "crictl ps -a",
        as_root: true,
        value: 8,
        timeout_s: 20,
        why: "containers of the node: exited, attempts, which pod",
        ..USUAL
    },
    Collector {
        id: "cri-pods",
        categories: &[Containers],
        command: "crictl pods",
        as_root: true,
        value: 7,
        timeout_s: 20,
        why: "pods of the node: not ready",
        ..USUAL
    },
    Collector {
        id: "cri-logs",
        categories: &[Containers],
        command: "crictl logs --tail 300 {container}",
        as_root: true,
        value: 8,
        timeout_s: 20,
        why: "what the container of the node said last",
        ..USUAL
    },
    Collector {
        id: "cri-use",
        categories: &[Containers],
        command: "crictl stats",
        as_root: true,
        value: 4,
        timeout_s: 20,
        why: "memory and CPU of each container of the node",
        ..USUAL
    },
    Collector {
        id: "cri-images",
        categories: &[Containers, Disk],
        command: "crictl imagefsinfo",
        as_root: true,
        value: 4,
        timeout_s: 20,
        why: "space that images take: eviction for disk pressure",
        ..USUAL
    },
    Collector {
        id: "cri-info",
        categories: &[Containers],
        command: "crictl info",
        as_root: true,
        value: 6,
        timeout_s: 20,
        why: "state of the container runtime and of its network: NetworkReady, RuntimeReady",
        ..USUAL
    },
    Collector {
        id: "kubernetes-nodes",
        categories: &[Containers],
        command: "kubectl get nodes -o wide --request-timeout 10s",
        value: 8,
        timeout_s: 20,
        why: "nodes that are not ready, versions, addresses",
        ..USUAL
    },
    Collector {
        id: "kubernetes-pods",
        categories: &[Containers],
        command: "kubectl get pods -A -o wide --request-timeout 10s",
        value: 9,
        timeout_s: 20,
        why: "pods: CrashLoopBackOff, ImagePullBackOff, Pending, Evicted, restarts, on which node",
        ..USUAL
    },
    Collector {
        id: "kubernetes-events",
        categories: &[Containers],
        command: "kubectl get events -A --sort-by=.lastTimestamp --request-timeout 10s",
        value: 9,
        timeout_s: 20,
        why: "what the cluster complains of: failed scheduling, back-off, unhealthy, failed mount",
        ..USUAL
    },
    Collector {
        id: "kubernetes-node-details",
        categories: &[Containers],
        command: "kubectl describe nodes --request-timeout 10s",
        value: 6,
        cost: Cost::Medium,
        timeout_s: 20,
        why: "conditions of nodes: memory, disk and pid pressure, taints, what is requested",
        ..USUAL
    },
    Collector {
        id: "kubernetes-workloads",
        categories: &[Containers],
        command: "kubectl get deployments,statefulsets,daemonsets,jobs -A -o wide --request-timeout 10s",
        value: 7,
        timeout_s: 20,
        why: "workloads that have fewer replicas ready than wanted",
        ..USUAL
    },
    Collector {
        id: "kubernetes-volumes",
        categories: &[Containers],
        command: "kubectl get pv,pvc -A --request-timeout 10s",
        timeout_s: 20,
        why: "volumes that are pending or lost",
        ..USUAL
    },
    Collector {
        id: "kubernetes-services",
        categories: &[Containers, Network],
        command: "kubectl get services,endpoints,ingress -A -o wide --request-timeout 10s",
        value: 6,
        timeout_s: 20,
        why: "services without endpoints: connection refused inside the cluster",
        ..USUAL
    },
    Collector {
        id: "kubernetes-pod",
        categories: &[Containers],
        command: "kubectl describe pod {container} --request-timeout 10s",
        value: 8,
        timeout_s: 20,
        why: "the pod: last state, exit code, reason, probes, limits, events",
        ..USUAL
    },
    Collector {
        id: "kubernetes-logs",
        categories: &[Containers],
        command: "kubectl logs --tail 300 --timestamps {container} --request-timeout 10s",
        value: 8,
        timeout_s: 20,
        why: "what the pod said last",
        ..USUAL
    },
    Collector {
        id: "kubernetes-logs-before",
        categories: &[Containers],
        command: "kubectl logs --tail 300 --previous {container} --request-timeout 10s",
        value: 7,
        timeout_s: 20,
        why: "what the pod said before it was restarted",
        ..USUAL
    },
    Collector {
        id: "kubernetes-use",
        categories: &[Containers, Memory, Cpu],
        command: "kubectl top nodes --request-timeout 10s",
        value: 4,
        timeout_s: 20,
        why: "memory and CPU of the nodes",
        ..USUAL
    },
    Collector {
        id: "bridge-settings",
        categories: &[Containers, Network],
        command: "sysctl -e net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.bridge.bridge-nf-call-iptables \
                  net.bridge.bridge-nf-call-ip6tables user.max_user_namespaces kernel.unprivileged_userns_clone",
        value: 6,
        why: "forwarding and bridges, without which containers have no network; user namespaces",
        ..USUAL
    },
    Collector {
        id: "cgroup-version",
        categories: &[Containers],
        command: "stat -f -c %T /sys/fs/cgroup",
        value: 4,
        why: "version of cgroups: cgroup2fs is 2, tmpfs is 1; old runtimes need 1",
        ..USUAL
    },
    Collector {
        id: "lxc-containers",
        categories: &[Containers],
        command: "lxc-ls -f",
        as_root: true,
        value: 6,
        timeout_s: 20,
        why: "containers of LXC and their state",
        ..USUAL
    },
];
