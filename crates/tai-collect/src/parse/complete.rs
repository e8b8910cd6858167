use std::collections::BTreeMap;

use super::df::FULL_BY_DESIGN;
use super::{Reading, Value};
use crate::{Facts, Machine};

/// Kinds that tell of the whole machine, however little of it a container has.
const OF_THE_MACHINE: &[&str] = &["cpu", "device_io", "load", "memory", "pressure", "swap"];

/// The port that a service has unless it is told otherwise, by the beginning of its unit's name.
const USUAL_PORTS: &[(&str, u16)] = &[
    ("elasticsearch.", 9200),
    ("mariadb.", 3306),
    ("memcached.", 11211),
    ("mongod.", 27017),
    ("mysql.", 3306),
    ("mysqld.", 3306),
    ("opensearch.", 9200),
    ("postgresql.", 5432),
    ("postgresql@", 5432),
    ("rabbitmq-server.", 5672),
    ("redis-server.", 6379),
    ("redis.", 6379),
    ("valkey-server.", 6379),
    ("valkey.", 6379),
];

/// Adds to readings what no output tells by itself, and takes out images, which are full by design. May be called again when there are more.
pub fn complete(readings: &mut Vec<Reading>, facts: &Facts) {
    take_out_images(readings);
    deleted_files(readings);
    default_route(readings);
    silent_sources(readings);
    dropped_sockets(readings);
    let is_container = matches!(facts.machine, Some(Machine::Container(_)));
    for reading in readings {
        // The pressure of a control group is that of its processes.
        let of_group = reading.kind == "pressure" && !reading.command.contains("/proc/pressure/");
        if is_container && OF_THE_MACHINE.contains(&reading.kind) && !of_group {
            reading.fields.insert("is_shared", Value::Number(1.0));
        }
        if reading.kind == "unit" {
            let port = USUAL_PORTS.iter().find(|(name, _)| reading.text_of("name").starts_with(name));
            port.map(|(_, port)| reading.fields.insert("usual_port", Value::Number(f64::from(*port))));
        }
        let cpus = facts.cpus.filter(|cpus| reading.kind == "load" && *cpus > 0).map(f64::from);
        for (load, share) in [("load1", "load1_per_cpu"), ("load5", "load5_per_cpu")] {
            if let (Some(cpus), Some(load)) = (cpus, reading.number_of(load)) {
                reading.fields.insert(share, Value::Number(load / cpus));
            }
        }
    }
}

/// `df -i` names no type: another output may. An image on a loop device whose type nothing tells is taken for one.
fn take_out_images(readings: &mut Vec<Reading>) {
    let typed = readings.iter().filter(|r| matches!(r.kind, "disk" | "mount") && !r.text_of("type").is_empty());
    let types: BTreeMap<String, String> =
        typed.map(|r| (r.text_of("mount").to_owned(), r.text_of("type").to_owned())).collect();
    readings.retain(|reading| {
        let is_full = reading.number_of("used_percent").is_some_and(|percent| percent >= 100.0);
        let source = reading.text_of("source");
        let may_be_image = ["/dev/loop", "/dev/sr"].iter().any(|device| source.starts_with(device));
        let kind = types.get(reading.text_of("mount")).map(String::as_str);
        let is_image = kind.is_none_or(|kind| FULL_BY_DESIGN.contains(&kind));
        !(matches!(reading.kind, "disk" | "inodes") && is_full && may_be_image && is_image)
    });
}

/// How much of which file system the deleted files take that are still open.
fn deleted_files(readings: &mut [Reading]) {
    let disks: Vec<(String, f64, f64)> = readings
        .iter()
        .filter(|r| r.kind == "disk")
        .filter_map(|r| Some((r.text_of("mount").to_owned(), r.number_of("size_bytes")?, r.number_of("used_percent")?)))
        .collect();
    for file in readings.iter_mut().filter(|r| r.kind == "deleted_file") {
        let path = file.text_of("path");
        let is_on = |mount: &str| mount == "/" || path.strip_prefix(mount).is_some_and(|rest| rest.starts_with('/'));
        let disk = disks.iter().filter(|(mount, ..)| is_on(mount)).max_by_key(|(mount, ..)| mount.len());
        if let (Some((mount, size, used)), Some(bytes)) = (disk, file.number_of("size_bytes")) {
            let share = if *size > 0.0 { 100.0 * bytes / size } else { 0.0 };
            file.fields.insert("mount", Value::Text(mount.clone()));
            file.fields.insert("mount_used_percent", Value::Number(*used));
            file.fields.insert("share_percent", Value::Number(share));
        }
    }
}

/// Marks the first route of a host of which no output shows a default route.
fn default_route(readings: &mut [Reading]) {
    let has_default = readings.iter().any(|r| r.number_of("is_default") == Some(1.0));
    let mut routes = readings.iter_mut().filter(|r| r.kind == "route");
    if let Some(first) = routes.find(|r| r.text_of("type") == "unicast") {
        first.fields.insert("is_without_default", Value::Number(f64::from(u8::from(!has_default))));
    }
}

/// Marks the servers of the time when none of them answers.
fn silent_sources(readings: &mut [Reading]) {
    let sources = || readings.iter().filter(|r| r.kind == "time_source");
    let none_answers = sources().all(|r| r.number_of("reach") == Some(0.0));
    for source in readings.iter_mut().filter(|r| r.kind == "time_source") {
        source.fields.insert("none_answers", Value::Number(f64::from(u8::from(none_answers))));
    }
}

/// Names the chain of the firewall that drops what comes in for a socket which listens for other hosts.
fn dropped_sockets(readings: &mut [Reading]) {
    let chains: Vec<(String, String)> = readings
        .iter()
        .filter(|r| r.kind == "firewall_chain" && r.fields.contains_key("ports"))
        .map(|r| (r.text_of("chain").to_owned(), r.text_of("ports").to_owned()))
        .collect();
    // Docker's packets take another way than the chain of what comes in.
    let listening = |r: &&mut Reading| {
        r.text_of("process") != "docker-proxy"
            && r.number_of("is_listening") == Some(1.0)
            && r.number_of("is_local_only") != Some(1.0)
    };
    for socket in readings.iter_mut().filter(|r| r.kind == "socket").filter(listening) {
        let Some(port) = socket.number_of("local_port") else { continue };
        if let Some((chain, _)) = chains.iter().find(|(_, ports)| !accepts(ports, port)) {
            socket.fields.insert("dropped_by", Value::Text(chain.clone()));
        }
    }
}

/// Whether a list such as `22,8000-8080` has the port.
fn accepts(ports: &str, port: f64) -> bool {
    ports.split(',').any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let number = |text: &str| text.parse::<f64>().ok();
        number(first).zip(number(last)).is_some_and(|(first, last)| (first..=last).contains(&port))
    })
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn readings(outputs: &[(&str, &str)], facts: &Facts) -> Vec<Reading> {
        let mut readings: Vec<Reading> =
            outputs.iter().flat_map(|(command, text)| parse(command, text, None).readings).collect();
        complete(&mut readings, facts);
        readings
    }

    #[test]
    fn what_tells_of_the_machine_beneath_a_container_is_marked() {
        let check = |command: &str, text: &str, machine: Machine, expect: bool| {
            let readings = readings(&[(command, text)], &Facts { machine: Some(machine), ..Facts::default() });
            assert!(!readings.is_empty(), "{command}");
            assert!(readings.iter().all(|r| (r.number_of("is_shared") == Some(1.0)) == expect), "{readings:?}");
        };
        let container = || Machine::Container("lxc".into());
        let pressure = "some avg10=98.70 avg60=98.63 avg300=80.92 total=2783028748\n";
        check("cat /proc/pressure/cpu", pressure, container(), true);
        check("cat /proc/pressure/cpu", pressure, Machine::Virtual("kvm".into()), false);
        check("cat /sys/fs/cgroup/system.slice/a.service/cpu.pressure", pressure, container(), false);
        check("df -PT", DISKS, container(), false);
    }

    const DISKS: &str = "Filesystem Type 1024-blocks Used Available Capacity Mounted on\n\
                         /dev/sda1 ext4 1000 500 500 50% /\n/dev/loop2 ext4 100 100 0 100% /srv/uploads\n\
                         /dev/loop3 squashfs 100 100 0 100% /snap/core/1\n";

    #[test]
    fn images_are_told_from_file_systems_by_what_another_output_says() {
        let inodes = "Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/loop2 16384 16384 0 100% /srv/uploads\n\
                      /dev/loop3 10 10 0 100% /snap/core/1\n";
        let full = |outputs: &[(&str, &str)]| -> Vec<String> {
            let readings = readings(outputs, &Facts::default());
            readings.iter().filter(|r| r.kind == "inodes").map(|r| r.text_of("mount").to_owned()).collect()
        };
        assert_eq!(full(&[("df -PT", DISKS), ("df -Pi", inodes)]), ["/srv/uploads"]);
        assert_eq!(full(&[("df -Pi", inodes)]), [""; 0]);
    }

    #[test]
    fn a_deleted_file_is_a_share_of_its_file_system() {
        let lsof = "COMMAND PID USER FD TYPE DEVICE SIZE/OFF NLINK NODE NAME\n\
                    tail 156 root 1w REG 7,1 51200 0 16 /srv/uploads/trace.log (deleted)\n";
        let readings = readings(&[("df -PT", DISKS), ("lsof -nP +L1", lsof)], &Facts::default());
        let file = readings.iter().find(|r| r.kind == "deleted_file").unwrap();
        assert_eq!(file.text_of("mount"), "/srv/uploads");
        assert_eq!((file.number_of("mount_used_percent"), file.number_of("share_percent")), (Some(100.0), Some(50.0)));
    }

    #[test]
    fn a_host_without_a_default_route() {
        let check = |routes: &str, expect: Option<f64>| {
            let readings = readings(&[("ip route show table all", routes)], &Facts::default());
            let found = readings.iter().find_map(|r| r.number_of("is_without_default"));
            assert_eq!(found, expect, "{routes}");
        };
        check("192.0.2.0/24 dev eth0 scope link\nlocal 127.0.0.1 dev lo table local\n", Some(1.0));
        check("192.0.2.0/24 dev eth0 scope link\ndefault via 192.0.2.1 dev eth0\n", Some(0.0));
        check("", None);
    }

    #[test]
    fn a_socket_that_the_firewall_lets_nobody_reach() {
        let sockets = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n\
                       LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:((\"sshd\",pid=1,fd=3))\n\
                       LISTEN 0 128 0.0.0.0:9101 0.0.0.0:* users:((\"agent\",pid=2,fd=3))\n\
                       LISTEN 0 128 0.0.0.0:8080 0.0.0.0:* users:((\"docker-proxy\",pid=3,fd=3))\n\
                       LISTEN 0 128 127.0.0.1:5432 0.0.0.0:* users:((\"postgres\",pid=4,fd=3))\n";
        let check = |rules: &str, expect: &[f64]| {
            let found = readings(&[("ss -tlnp", sockets), ("iptables -S", rules)], &Facts::default());
            let dropped = found.iter().filter(|r| r.text_of("dropped_by") == "INPUT");
            assert_eq!(dropped.filter_map(|r| r.number_of("local_port")).collect::<Vec<_>>(), expect, "{rules}");
        };
        check("-P INPUT DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n", &[9101.0]);
        check("-P INPUT DROP\n-A INPUT -p tcp -m tcp --dport 20:9200 -j ACCEPT\n", &[]);
        check("-P INPUT DROP\n-A INPUT -s 10.0.0.0/8 -j ACCEPT\n", &[]);
        check("-P INPUT ACCEPT\n", &[]);
    }

    #[test]
    fn time_servers_of_which_none_answers() {
        let check = |sources: &str, expect: &[f64]| {
            let found = readings(&[("chronyc -n -h 127.0.0.1 sources", sources)], &Facts::default());
            assert_eq!(
                found.iter().filter_map(|r| r.number_of("none_answers")).collect::<Vec<_>>(),
                expect,
                "{sources}"
            );
        };
        let silent = "^? 192.0.2.77 0 7 0 - +0ns[ +0ns] +/- 0ns\n";
        check(silent, &[1.0]);
        check(&format!("{silent}^* 192.0.2.1 2 6 377 12 +5us[ +7us] +/- 12ms\n"), &[0.0, 0.0]);
        check("", &[]);
    }

    #[test]
    fn load_is_divided_by_the_processors() {
        let found = readings(
            &[("cat /proc/loadavg", "6.00 3.00 1.00 1/100 7\n")],
            &Facts { cpus: Some(4), ..Facts::default() },
        );
        let load = |name: &str| found[0].number_of(name);
        assert_eq!((load("load1_per_cpu"), load("load5_per_cpu")), (Some(1.5), Some(0.75)));
    }
}
