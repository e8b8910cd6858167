use super::{Reading, Value};
use crate::{Facts, Machine};

/// Kinds that tell of the whole machine, however little of it a container has.
const OF_THE_MACHINE: &[&str] = &["cpu", "device_io", "load", "memory", "pressure", "swap"];

/// Adds to readings what no output tells by itself: the load for each processor, and whether a row tells of the machine beneath a container.
pub fn complete(readings: &mut [Reading], facts: &Facts) {
    let is_container = matches!(facts.machine, Some(Machine::Container(_)));
    for reading in readings {
        // The pressure of a control group is that of its processes.
        let of_group = reading.kind == "pressure" && !reading.command.contains("/proc/pressure/");
        if is_container && OF_THE_MACHINE.contains(&reading.kind) && !of_group {
            reading.fields.insert("is_shared", Value::Number(1.0));
        }
        let cpus = facts.cpus.filter(|cpus| reading.kind == "load" && *cpus > 0).map(f64::from);
        for (load, share) in [("load1", "load1_per_cpu"), ("load5", "load5_per_cpu")] {
            if let (Some(cpus), Some(load)) = (cpus, reading.number_of(load)) {
                reading.fields.insert(share, Value::Number(load / cpus));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn what_tells_of_the_machine_beneath_a_container_is_marked() {
        let check = |command: &str, text: &str, machine: Machine, expect: bool| {
            let mut readings = parse(command, text, None).readings;
            complete(&mut readings, &Facts { machine: Some(machine), ..Facts::default() });
            assert!(!readings.is_empty(), "{command}");
            assert!(readings.iter().all(|r| (r.number_of("is_shared") == Some(1.0)) == expect), "{readings:?}");
        };
        let container = || Machine::Container("lxc".into());
        let pressure = "some avg10=98.70 avg60=98.63 avg300=80.92 total=2783028748\n";
        check("cat /proc/pressure/cpu", pressure, container(), true);
        check("cat /proc/pressure/cpu", pressure, Machine::Virtual("kvm".into()), false);
        check("cat /sys/fs/cgroup/system.slice/a.service/cpu.pressure", pressure, container(), false);
        check(
            "df -PT",
            "Filesystem Type 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 ext4 10 5 5 50% /\n",
            container(),
            false,
        );
    }

    #[test]
    fn load_is_divided_by_the_processors() {
        let mut readings = parse("cat /proc/loadavg", "6.00 3.00 1.00 1/100 7\n", None).readings;
        complete(&mut readings, &Facts { cpus: Some(4), ..Facts::default() });
        assert_eq!(
            (readings[0].number_of("load1_per_cpu"), readings[0].number_of("load5_per_cpu")),
            (Some(1.5), Some(0.75))
        );
    }
}
