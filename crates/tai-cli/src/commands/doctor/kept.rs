//! tai's folder: stores, the audit log, the configuration.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tai_store::JournalStore;

use super::super::config::configuration;
use super::Finding;
use crate::exit::{Exit, Failure};
use crate::wire;

const AREA: &str = "kept";

pub(super) fn look() -> Vec<Finding> {
    let home = match wire::tai_home() {
        Ok(home) => home,
        Err(failure) => return vec![Finding::failure(AREA, &failure)],
    };
    let mut findings = vec![folder(&home)];
    match configuration() {
        Ok(checks) => {
            // A model that is configured wrong is told with the models.
            let files = checks.iter().filter(|check| !check.what.starts_with("model"));
            findings.extend(files.filter_map(|check| Some(Finding::failure("tai", check.outcome.as_ref().err()?))));
        }
        Err(failure) => findings.push(Finding::failure("tai", &failure)),
    }
    for (name, directory) in wire::stores().unwrap_or_default() {
        findings.push(store(name, &directory));
    }
    findings.extend(audit());
    findings
}

fn folder(home: &Path) -> Finding {
    let shown = home.display();
    let Ok(metadata) = fs::metadata(home) else {
        return Finding::fine(AREA, format!("{shown}: not there yet; the first run makes it"));
    };
    let mode = metadata.permissions().mode() & 0o777;
    if !wire::persists() {
        return Finding::fine(AREA, format!("{shown}: nothing is kept (TAI_NO_PERSIST)"));
    }
    // Rights say little where the file system is read-only: try.
    match tempfile::tempfile_in(home) {
        Err(error) => {
            let fix = format!(
                "make it yours and writable, or name another with TAI_HOME; --no-persist keeps nothing: {shown}"
            );
            Finding::problem(AREA, Exit::Store, format!("{shown}: nothing can be written: {error}"), fix)
        }
        Ok(_) if mode & 0o077 != 0 => {
            let found = format!(
                "{shown}: others of this machine may look into it (mode {mode:o}); the files in it are yours alone"
            );
            Finding::warning(AREA, found, format!("chmod 700 {shown}"))
        }
        Ok(_) => Finding::fine(AREA, format!("{shown}: writable, and yours alone")),
    }
}

fn store(name: &str, directory: &Path) -> Finding {
    match JournalStore::verify(directory) {
        Err(error) => Finding::failure(AREA, &Failure::from(error)),
        Ok(checked) if checked.damage.is_empty() => {
            Finding::fine(AREA, format!("{name}: whole, {} entries", checked.entries))
        }
        Ok(checked) => {
            let found = format!("{name}: damaged; {} entries are whole, {} are lost", checked.entries, checked.lost);
            Finding::problem(AREA, Exit::Store, found, "`tai store repair` keeps every record that is whole")
        }
    }
}

fn audit() -> Option<Finding> {
    let log = wire::audit_log().filter(|log| log.path().exists())?;
    Some(match log.verify() {
        Err(error) => Finding::failure(AREA, &Failure::from(error)),
        Ok(verified) => match verified.faults.first() {
            None => Finding::fine(AREA, format!("audit log: unchanged, {} entries", verified.entries)),
            Some(fault) => {
                let found = format!("audit log: line {}: {}", fault.line, fault.reason);
                Finding::problem(
                    AREA,
                    Exit::Store,
                    found,
                    "find out who changed it; `tai audit verify` tells all places",
                )
            }
        },
    })
}
