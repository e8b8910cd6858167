use std::fs;

use crate::args::Man;
use crate::exit::{Attempt, Exit, Failure};
use crate::generate::{self, Defined};
use crate::terminal::{note, print};

pub(crate) fn man(args: &Man) -> Result<Exit, Failure> {
    let all = generate::commands();
    let Some(directory) = &args.out else {
        let words: Vec<&str> = args.command.iter().map(String::as_str).collect();
        let Some(command) = all.iter().find(|command| command.path == words) else {
            let reason = format!("tai has no command {:?}", words.join(" "));
            return Err(Failure::usage(reason).hint("`tai --help` lists the commands"));
        };
        print(&generate::man(command))?;
        return Ok(Exit::Done);
    };
    let write = |command: &Defined| fs::write(directory.join(format!("{}.1", command.name())), generate::man(command));
    let written = fs::create_dir_all(directory).and_then(|()| all.iter().try_for_each(write));
    written.map_err(|source| {
        Failure::usage(Attempt { attempt: format!("cannot write manual pages to {}", directory.display()), source })
    })?;
    note(&format!("{} pages written to {}", all.len(), directory.display()));
    Ok(Exit::Done)
}
