use crate::cases::{Case, findings};

const JOURNAL: &str = "journalctl -p warning -n 1000 -o short-iso --no-pager";
const STATUS: &str = "systemctl status app.service --full --lines=30 --no-pager";

pub(crate) const CASES: &[Case] = &[
    Case {
        signal: "failed-unit",
        command: "fact unit",
        hit: "name=nginx.service; load=loaded; active=failed; sub=failed",
        cause: "nginx.service is failed",
        miss: "name=systemd-networkd-wait-online.service; load=loaded; active=failed; sub=failed",
    },
    Case {
        signal: "failed-unit-minor",
        command: "fact unit",
        hit: "name=systemd-modules-load.service; load=loaded; active=failed; sub=failed",
        cause: "systemd-modules-load.service is failed, which is common in containers and virtual machines and seldom matters",
        miss: "name=systemd-modules-load.service; load=loaded; active=active; sub=exited",
    },
    Case {
        signal: "status-failed",
        command: STATUS,
        hit: "     Active: failed (Result: exit-code) since Mon 2026-05-04 09:12:44 UTC; 5min ago",
        cause: "the unit is failed, with result exit-code",
        miss: "     Active: inactive (dead) since Mon 2026-05-04 09:12:44 UTC; 5min ago",
    },
    Case {
        signal: "result-in-log",
        command: JOURNAL,
        hit: "2026-05-04T09:12:44+0000 h systemd[1]: app.service: Failed with result 'exit-code'.",
        cause: "app.service has failed before, with result exit-code",
        miss: "2026-05-04T09:12:44+0000 h systemd[1]: app.service: Main process exited, code=exited, status=1/FAILURE",
    },
    Case {
        signal: "start-limit-hit",
        command: JOURNAL,
        hit: "2026-05-04T09:12:44+0000 h systemd[1]: app@1.service: Start request repeated too quickly.",
        cause: "app@1.service failed so often in a short time that systemd no longer tries to start it",
        miss: "2026-05-04T09:12:44+0000 h systemd[1]: app@1.service: Scheduled restart job, restart counter is at 4.",
    },
    Case {
        signal: "restart-loop",
        command: JOURNAL,
        hit: "2026-05-04T09:12:44+0000 h systemd[1]: app.service: Scheduled restart job, restart counter is at 5.\n2026-05-04T09:12:45+0000 h systemd[1]: app.service: Scheduled restart job, restart counter is at 6.",
        cause: "app.service ends again and again, and systemd keeps restarting it",
        miss: "2026-05-04T09:12:44+0000 h systemd[1]: app.service: Scheduled restart job, restart counter is at 4.\n2026-05-04T09:12:45+0000 h systemd[1]: serial-getty@ttyS0.service: Scheduled restart job, restart counter is at 812.",
    },
    Case {
        signal: "many-restarts",
        command: "systemctl show app.service -p Id,NRestarts",
        hit: "Id=app.service\nNRestarts=41",
        cause: "systemd has restarted the service 41 times",
        miss: "Id=app.service\nNRestarts=1",
    },
    Case {
        signal: "program-cannot-be-run",
        command: STATUS,
        hit: "May 04 09:12:44 h systemd[1]: app.service: Main process exited, code=exited, status=203/EXEC",
        cause: "app.service cannot start: its program is missing or cannot be executed",
        miss: "May 04 09:12:44 h systemd[1]: app.service: Main process exited, code=exited, status=2/INVALIDARGUMENT",
    },
    Case {
        signal: "step-failed",
        command: JOURNAL,
        hit: "2026-05-04T09:12:44+0000 h systemd[812]: app.service: Failed at step EXEC spawning /opt/app/bin/app: No such file or directory",
        cause: "app.service cannot start /opt/app/bin/app: No such file or directory (step EXEC)",
        miss: "2026-05-04T09:12:44+0000 h systemd[812]: systemd-logind.service: Failed at step NAMESPACE spawning /lib/systemd/systemd-logind: Permission denied",
    },
    Case {
        signal: "user-missing",
        command: JOURNAL,
        hit: "2026-05-04T09:12:44+0000 h systemd[1]: app.service: Main process exited, code=exited, status=217/USER",
        cause: "app.service cannot start: the user or group it should run as does not exist",
        miss: "2026-05-04T09:12:44+0000 h systemd[1]: user@1000.service: Main process exited, code=exited, status=1/FAILURE",
    },
    Case {
        signal: "directory-missing",
        command: JOURNAL,
        hit: "2026-05-04T09:12:44+0000 h systemd[1]: app.service: Main process exited, code=exited, status=200/CHDIR",
        cause: "app.service cannot start: its working directory is missing or may not be entered",
        miss: "2026-05-04T09:12:44+0000 h systemd[1]: app.service: Main process exited, code=exited, status=20/n/a",
    },
    Case {
        signal: "environment-file-missing",
        command: JOURNAL,
        hit: "2026-05-04T09:12:44+0000 h systemd[1]: app.service: Failed to load environment files: No such file or directory",
        cause: "app.service cannot start: its environment file cannot be read (No such file or directory)",
        miss: "2026-05-04T09:12:44+0000 h app[99]: Failed to load environment: no such profile",
    },
    Case {
        signal: "unit-file-refused",
        command: JOURNAL,
        hit: "2026-05-04T09:12:44+0000 h systemd[1]: app.service: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.",
        cause: "systemd refuses app.service because of an error in its unit file",
        miss: "2026-05-04T09:12:44+0000 h systemd[1]: app.service: Service has no more processes. Stopping.",
    },
    Case {
        signal: "unit-file-refused",
        command: STATUS,
        hit: "     Loaded: bad-setting (Reason: Unit app.service has a bad unit file setting.)",
        cause: "systemd refuses app.service because of an error in its unit file",
        miss: "     Loaded: loaded (/etc/systemd/system/app.service; enabled; preset: enabled)",
    },
    Case {
        signal: "unit-file-line-ignored",
        command: JOURNAL,
        hit: "2026-05-04T09:12:44+0000 h systemd[1]: /etc/systemd/system/app.service:7: Unknown key name 'ExecStrat' in section 'Service', ignoring.",
        cause: "systemd does not accept line 7 of /etc/systemd/system/app.service: Unknown key name 'ExecStrat' in section 'Service', ignoring.",
        miss: "2026-05-04T09:12:44+0000 h systemd[1]: /lib/systemd/system/rpc.service:12: Unknown key name 'RemoveIPC' in section 'Unit', ignoring.",
    },
    Case {
        signal: "dependency-failed",
        command: JOURNAL,
        hit: "2026-05-04T09:12:44+0000 h systemd[1]: Job app.service/start failed with result 'dependency'.",
        cause: "app.service was not started because something it needs failed",
        miss: "2026-05-04T09:12:44+0000 h systemd[1]: Job nss-lookup.target/start failed with result 'dependency'.",
    },
    Case {
        signal: "device-missing",
        command: JOURNAL,
        hit: "2026-05-04T09:12:44+0000 h systemd[1]: Timed out waiting for device /dev/disk/by-uuid/0a1b2c3d.",
        cause: "the device /dev/disk/by-uuid/0a1b2c3d did not appear in time",
        miss: "2026-05-04T09:12:44+0000 h systemd[1]: Timed out waiting for device dev-ttyS0.device - /dev/ttyS0.",
    },
    Case {
        signal: "start-timeout",
        command: JOURNAL,
        hit: "2026-05-04T09:12:44+0000 h systemd[1]: app.service: start operation timed out. Terminating.",
        cause: "app.service did not report in time that it has started, and was ended",
        miss: "2026-05-04T09:12:44+0000 h systemd[1]: app.service: State 'stop-sigterm' timed out. Killing.",
    },
    Case {
        signal: "watchdog-timeout",
        command: JOURNAL,
        hit: "2026-05-04T09:12:44+0000 h systemd[1]: app.service: Watchdog timeout (limit 3min)!",
        cause: "app.service hung: it stopped reporting to its watchdog and was killed",
        miss: "2026-05-04T09:12:44+0000 h kernel: watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [app:99]",
    },
];

/// The two lists of names in the runbook are written twice.
#[test]
fn a_failed_unit_is_either_minor_or_not() {
    for unit in [
        "nginx.service",
        "ssh.service",
        "home.mount",
        "systemd-resolved.service",
        "cloudflared.service",
        "apt-daily.service",
        "NetworkManager-wait-online.service",
        "systemd-udev-trigger.service",
        "rngd.service",
        "rng-tools-debian.service",
        "serial-getty@ttyS0.service",
        "user@1000.service",
        "sys-kernel-config.mount",
        "proc-sys-fs-binfmt_misc.automount",
        "session-4.scope",
        "cloud-init-local.service",
        "run-user-1000.mount",
        "lm_sensors.service",
        "fwupd-refresh.service",
    ] {
        let found = findings("fact unit", &format!("name={unit}; active=failed"));
        assert_eq!(found.len(), 1, "{unit}: {found:?}");
    }
}
