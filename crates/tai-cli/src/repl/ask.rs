//! What is missing on the command line is asked for.

use super::complete::Wanted;
use super::editor::{Editor, Read};
use crate::args::HostFlags;
use crate::exit::{Exit, Failure};
use crate::wire::Place;

/// Asks where to look and what is wrong, where neither was said. Ctrl-C and Ctrl-D end the program.
pub(crate) async fn ask_for_the_rest(
    editor: &Editor,
    flags: &mut HostFlags,
    issue: &mut String,
) -> Result<(), Failure> {
    while !flags.names_a_place() {
        let name = answered(editor, "Host (Enter: this machine): ", Wanted::Host).await?;
        if name.is_empty() {
            flags.local = true;
            continue;
        }
        match Place::of_host(&name) {
            Ok(_) => flags.host.push(name),
            Err(failure) => crate::terminal::note(failure.message().trim_end()),
        }
    }
    while issue.is_empty() {
        *issue = answered(editor, "What is wrong? ", Wanted::Text).await?;
    }
    Ok(())
}

async fn answered(editor: &Editor, prompt: &str, wanted: Wanted) -> Result<String, Failure> {
    match editor.read(prompt.to_owned(), wanted).await? {
        Read::Line(line) => Ok(line.trim().to_owned()),
        Read::Interrupted | Read::End => Err(Failure::new(Exit::Interrupted, "interrupted")),
    }
}
