//! The texts of a prompt that do not depend on the host: built in, and replaceable.

use crate::Error;

/// What a model is told besides the case. [`Default`] is what is built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Templates {
    /// Standing instructions: what the rules are and how to answer.
    pub(crate) system: String,
    /// What follows them where the model may ask for commands.
    pub(crate) ask: String,
    /// What a model is told of an answer that does not hold; `{statements}` stands for the list.
    pub(crate) repair: String,
}

/// The first line of a file that replaces one of them: what is written for this version may not do for another.
const VERSION: &str = "<!-- tai.prompt/1 -->";
/// Each with what must be in it, so that the answer can be read.
const NEEDED: &[(&str, &[&str])] = &[
    ("system.md", &["## Root Cause", "## Evidence", "## Recommended Actions", "[E1]"]),
    ("ask.md", &["## More Evidence"]),
    ("repair.md", &["{statements}"]),
];

impl Default for Templates {
    fn default() -> Self {
        Templates {
            system: include_str!("prompt_system.md").to_owned(),
            ask: include_str!("prompt_ask.md").to_owned(),
            repair: include_str!("prompt_repair.md").to_owned(),
        }
    }
}

impl Templates {
    /// The names of the files that may replace them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NEEDED.iter().map(|(name, _)| *name)
    }

    /// With the text of the file of this name in place of what is built in.
    ///
    /// # Errors
    ///
    /// [`Error::Template`] when it is for another version of tai, or lacks what an answer is read by, and for a name that is none of [`names`](Self::names).
    pub fn with(mut self, name: &str, text: &str) -> Result<Self, Error> {
        let wrong = |reason: String| Error::Template { name: name.to_owned(), reason };
        let (_, needed) =
            NEEDED.iter().find(|(known, _)| *known == name).ok_or_else(|| wrong("there is no such template".into()))?;
        let body = text.strip_prefix(VERSION).ok_or_else(|| wrong(format!("its first line must be {VERSION}")))?;
        if let Some(missing) = needed.iter().find(|needed| !body.contains(**needed)) {
            return Err(wrong(format!("it does not say {missing}")));
        }
        let replaced = match name {
            "system.md" => &mut self.system,
            "ask.md" => &mut self.ask,
            _ => &mut self.repair,
        };
        body.trim_start().clone_into(replaced);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_replaced_by_what_does_their_work() {
        let built_in = Templates::default();
        for (name, text) in Templates::names().zip([&built_in.system, &built_in.ask, &built_in.repair]) {
            let same = Templates::default().with(name, &format!("{VERSION}\n{text}"));
            assert_eq!(same.ok(), Some(built_in.clone()), "{name}");
        }
        let reason = |name: &str, text: &str| match Templates::default().with(name, text) {
            Err(error) => error.to_string(),
            Ok(_) => String::new(),
        };
        assert_eq!(reason("repair.md", &format!("{VERSION}\nAgain:\n{{statements}}")), "");
        assert!(reason("repair.md", &format!("{VERSION}\nAgain.")).ends_with("it does not say {statements}"));
        assert!(reason("ask.md", "## More Evidence").ends_with("its first line must be <!-- tai.prompt/1 -->"));
        assert!(reason("other.md", VERSION).ends_with("there is no such template"));
    }
}
