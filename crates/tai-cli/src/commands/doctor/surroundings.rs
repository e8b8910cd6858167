//! The program itself and the terminal.

use std::io::IsTerminal;

use nix::sys::utsname::uname;

use super::Finding;
use crate::terminal::width;
use crate::wire;

/// A report needs so many columns to be read well.
const NARROW: usize = 60;

pub(super) fn look() -> Vec<Finding> {
    let version = env!("CARGO_PKG_VERSION");
    let machine = uname().map_or_else(
        |_| std::env::consts::ARCH.to_owned(),
        |names| {
            let part = |name: &std::ffi::OsStr| name.to_string_lossy().into_owned();
            format!("{} {} {}", part(names.sysname()), part(names.release()), part(names.machine()))
        },
    );
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    vec![Finding::fine("tai", format!("tai {version} on {machine}, processors: {processors}")), terminal()]
}

fn terminal() -> Finding {
    const AREA: &str = "terminal";
    if !std::io::stdout().is_terminal() {
        return Finding::fine(AREA, "none: reports go to a file or a pipe, and nothing is asked");
    }
    let (kind, language) = (wire::terminal_kind(), wire::language());
    if kind.is_none() {
        return Finding::warning(AREA, "TERM is not set: lines cannot be edited", "export TERM=xterm-256color");
    }
    if !language.to_lowercase().replace('-', "").contains("utf8") {
        let found = format!("the locale is {language:?}, not UTF-8: marks and names of hosts may look wrong");
        return Finding::warning(AREA, found, "export LC_CTYPE=C.UTF-8");
    }
    let columns = width();
    if columns < NARROW {
        return Finding::warning(
            AREA,
            format!("{columns} columns: long lines are broken often"),
            "make it wider, or use --output-file",
        );
    }
    Finding::fine(AREA, format!("{}, {columns} columns, {language}", kind.unwrap_or_default()))
}
