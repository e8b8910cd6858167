//! Tickets that somebody wrote elsewhere: e-mail, JSON of Jira, or plain text.

mod found;
mod jira;
mod mail;

pub(crate) use found::Found;

use std::io::Read;
use std::path::Path;

use crate::exit::{Attempt, Failure};

/// Bytes of a ticket, at most: mails have pictures in them.
const MOST_BYTES: u64 = 32 << 20;
/// Characters that are looked into: what is wrong stands at the beginning.
const MOST_CHARACTERS: usize = 4000;

/// A ticket, without what is not its own: quoted mails, signatures, markup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// What it is called; empty where it has no title.
    pub(crate) title: String,
    pub(crate) text: String,
}

impl Written {
    /// Reads a file, or standard input where it is `-`.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let unreadable =
            |source| Failure::usage(Attempt { attempt: format!("cannot read the ticket {}", file.display()), source });
        let mut bytes = Vec::new();
        let read = if file == Path::new("-") {
            std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes)
        } else {
            std::fs::File::open(file).and_then(|opened| opened.take(MOST_BYTES).read_to_end(&mut bytes))
        };
        read.map_err(unreadable)?;
        let written = Self::parse(&bytes);
        if written.issue().is_empty() {
            return Err(Failure::usage(format!("the ticket {} says nothing", file.display()))
                .hint("a ticket is an e-mail, JSON of Jira, or plain text"));
        }
        Ok(written)
    }

    /// Whatever the bytes are, something is read out of them.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let Written { title, text } = jira::parse(bytes)
            .or_else(|| mail::parse(bytes))
            .unwrap_or_else(|| Written { title: String::new(), text: String::from_utf8_lossy(bytes).into_owned() });
        Written {
            title: tai_ssh::visible_line(title).trim().to_owned(),
            text: tidied(&tai_ssh::visible(text.into_bytes())),
        }
    }

    /// What is wrong, in the words of the ticket.
    pub(crate) fn issue(&self) -> String {
        let Written { title, text } = self;
        let whole = if title.is_empty() || text.starts_with(title.as_str()) {
            text.clone()
        } else {
            format!("{title}\n{text}")
        };
        whole.trim().chars().take(MOST_CHARACTERS).collect::<String>().trim_end().to_owned()
    }
}

/// Without what others wrote before, and without the signature; at most one empty line at once.
fn tidied(text: &str) -> String {
    let own = text.lines().take_while(|line| !matches!(line.trim_end(), "--" | "-----Original Message-----"));
    let own: Vec<&str> = own.filter(|line| !line.trim_start().starts_with('>')).map(str::trim_end).collect();
    let mut tidy = String::new();
    for (i, line) in own.iter().enumerate() {
        // "On Monday, somebody wrote:" is of the quotation.
        let introduces = line.ends_with("wrote:") && own[i + 1..].iter().all(|line| line.is_empty());
        if introduces || (line.is_empty() && (tidy.is_empty() || tidy.ends_with("\n\n"))) {
            continue;
        }
        tidy += line;
        tidy.push('\n');
    }
    if tidy.trim().is_empty() { text.trim().to_owned() } else { tidy.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_taken_as_it_is() {
        let written = Written::parse(b"nginx gives 502\nsince 14:00\n\n\n\n-- \nOps\n");
        assert_eq!(written.issue(), "nginx gives 502\nsince 14:00");
        assert_eq!(Written::parse(b"\x1b[31mred\xff").issue(), "red\u{fffd}");
        assert_eq!(Written::parse(b"").issue(), "");
        assert!(Written::parse("é".repeat(9000).as_bytes()).issue().chars().count() == 4000);
    }

    #[test]
    fn what_others_wrote_before_is_left_out() {
        let text = "The disk is full.\n\nOn Mon, 4 May 2026, A. B. wrote:\n> is db1 slow?\n>\n> B\n";
        assert_eq!(Written::parse(text.as_bytes()).issue(), "The disk is full.");
        assert_eq!(Written::parse(b"> all of it is quoted").issue(), "> all of it is quoted");
    }
}
