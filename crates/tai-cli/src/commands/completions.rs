use crate::args::{Completing, Completions, HostFlags};
use crate::exit::{Exit, Failure};
use crate::terminal::print;
use crate::{generate, wire};

pub(crate) fn completions(args: &Completions) -> Result<Exit, Failure> {
    let lines = |names: Vec<String>| names.into_iter().map(|name| name + "\n").collect::<String>();
    print(&match args.of {
        Completing::Bash => generate::bash(),
        Completing::Zsh => generate::zsh(),
        Completing::Fish => generate::fish(),
        Completing::Hosts => lines(wire::host_names(&HostFlags::default())),
        // A folder that cannot be read completes nothing.
        Completing::Models => {
            lines(wire::registry()?.list().unwrap_or_default().into_iter().map(|shelf| shelf.name).collect())
        }
    })?;
    Ok(Exit::Done)
}
