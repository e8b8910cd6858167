//! Clocks and what sets them.

use crate::Category::{Certificates, Time, Virtualisation};
use crate::{Collector, Cost, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        // Not timedatectl: it starts a service of systemd to answer.
        id: "clock",
        categories: &[Time, Certificates],
        command: "date +%FT%T%z",
        value: 8,
        why: "the host's clock and zone",
        ..USUAL
    },
    Collector {
        id: "clock-now",
        categories: &[Time],
        command: "date -u",
        why: "the host's clock in UTC, to compare with another",
        ..USUAL
    },
    // Over UDP: as root chronyc would make a socket in a directory of chrony.
    Collector {
        id: "chrony-tracking",
        categories: &[Time],
        command: "chronyc -n -h 127.0.0.1 tracking",
        value: 9,
        timeout_s: 10,
        why: "how far the clock is off by chrony, and from whom it has the time",
        ..USUAL
    },
    Collector {
        id: "chrony-sources",
        categories: &[Time],
        command: "chronyc -n -h 127.0.0.1 sources",
        value: 8,
        timeout_s: 10,
        why: "servers of chrony: none reachable, none selected",
        ..USUAL
    },
    Collector {
        id: "chrony-statistics",
        categories: &[Time],
        command: "chronyc -n -h 127.0.0.1 sourcestats",
        value: 4,
        timeout_s: 10,
        why: "offset and drift by server of chrony",
        ..USUAL
    },
    Collector {
        id: "chrony-activity",
        categories: &[Time],
        command: "chronyc -n -h 127.0.0.1 activity",
        value: 4,
        timeout_s: 10,
        why: "how many servers of chrony are online or could not be resolved",
        ..USUAL
    },
    Collector {
        id: "ntp-peers",
        categories: &[Time],
        command: "ntpq -pn",
        value: 8,
        timeout_s: 10,
        why: "peers of the NTP daemon: reach, offset, jitter, which is selected",
        ..USUAL
    },
    Collector {
        id: "ntp-state",
        categories: &[Time],
        command: "ntpstat",
        timeout_s: 10,
        why: "whether the clock is synchronised, and how well",
        ..USUAL
    },
    Collector {
        id: "timesyncd",
        categories: &[Time],
        command: "timedatectl timesync-status --no-pager",
        when: &[When::Systemd, When::Unit("systemd-timesyncd"), When::Program("systemd-id128")],
        value: 7,
        timeout_s: 10,
        why: "server, offset and polls of systemd-timesyncd",
        ..USUAL
    },
    Collector {
        id: "timesyncd-synchronized",
        categories: &[Time],
        command: "ls -la --full-time /run/systemd/timesync /etc/localtime",
        when: &[When::Systemd],
        value: 6,
        why: "since when systemd-timesyncd has the clock synchronised (the file exists then), and the zone",
        ..USUAL
    },
    Collector {
        id: "time-settings",
        categories: &[Time],
        command: "grep -HsvE '^[[:space:]]*([#;%]|$)' /etc/chrony/chrony.conf /etc/chrony.conf /etc/ntp.conf \
                  /etc/ntpsec/ntp.conf /etc/systemd/timesyncd.conf",
        value: 6,
        why: "time servers that are configured, and whether the clock may be stepped",
        ..USUAL
    },
    Collector {
        id: "time-journal",
        categories: &[Time],
        command: "journalctl -u chrony -u chronyd -u ntp -u ntpd -u ntpsec -u openntpd -u systemd-timesyncd -n 200 -o \
                  short-iso --no-pager",
        when: &[When::Systemd],
        value: 7,
        timeout_s: 20,
        why: "what sets the clock: no reply from servers, clock stepped by seconds, timed out",
        ..USUAL
    },
    Collector {
        id: "clock-jumps",
        categories: &[Time],
        command: "journalctl -t systemd -t chronyd -t systemd-timesyncd -t ntpd -g 'time has been changed|was \
                  stepped|clock wrong|clock.*unsynchron' -n 100 -o short-iso --no-pager",
        when: &[When::Systemd, When::Program("systemd-id128")],
        cost: Cost::Medium,
        timeout_s: 20,
        why: "moments at which the clock jumped",
        ..USUAL
    },
    Collector {
        id: "hardware-clock",
        categories: &[Time],
        command: "hwclock -r",
        when: &[When::NoContainer],
        as_root: true,
        value: 4,
        timeout_s: 10,
        why: "the hardware clock, which sets the time at boot",
        ..USUAL
    },
    Collector {
        id: "clock-source",
        categories: &[Time, Virtualisation],
        command: "grep -Hs . /sys/devices/system/clocksource/clocksource0/current_clocksource \
                  /sys/devices/system/clocksource/clocksource0/available_clocksource",
        value: 4,
        why: "the clock source: the kernel gave up on the tsc",
        ..USUAL
    },
    Collector {
        id: "time-zone",
        categories: &[Time],
        command: "ls -la /etc/localtime",
        why: "the time zone that is set",
        ..USUAL
    },
    Collector {
        id: "time-zone-files",
        categories: &[Time],
        command: "grep -Hs . /etc/timezone /etc/adjtime /etc/sysconfig/clock",
        value: 4,
        why: "the zone by name, and whether the hardware clock is in local time",
        ..USUAL
    },
];
