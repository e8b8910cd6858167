//! The chat template of a model file.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Value, context};

use super::file::GgufFile;
use crate::{Error, Message, Role};

/// Stands for what is said in a turn while a template is rendered; templates have no private use characters.
const MARK: char = '\u{f8ff}';

/// A piece of a rendered conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Of the template: it may have control tokens.
    Markup(String),
    /// What was said: whatever it looks like, it is text.
    Said(&'a str),
}

pub(super) struct ChatTemplate {
    environment: Environment<'static>,
    begin: String,
    end: String,
}

impl ChatTemplate {
    /// The template of `file`, where `begin` and `end` are the tokens around a text.
    pub(super) fn of(file: &GgufFile, begin: &str, end: &str) -> Result<Self, Error> {
        let source =
            file.text("tokenizer.chat_template").ok_or_else(|| Error::NoChatTemplate { path: file.path.clone() })?;
        let invalid =
            |source: minijinja::Error| Error::InvalidTemplate { path: file.path.clone(), source: source.into() };
        let mut environment = Environment::new();
        // As the templates' authors had it.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(invalid)?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |reason: String| -> Result<Value, minijinja::Error> {
            Err(minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, reason))
        });
        environment.add_template_owned("chat", source.to_owned()).map_err(invalid)?;
        Ok(ChatTemplate { environment, begin: begin.to_owned(), end: end.to_owned() })
    }

    /// The conversation as the model was taught to read it, up to where its answer begins.
    ///
    /// Where the template knows no standing instructions, they become part of the first question.
    pub(super) fn render<'a>(&self, messages: &'a [Message]) -> Result<Vec<Part<'a>>, minijinja::Error> {
        let marks: Vec<String> = (0..messages.len()).map(|turn| format!("{MARK}{turn}{MARK}")).collect();
        let turns: Vec<(Role, String)> = messages.iter().map(|message| message.role).zip(marks).collect();
        let text = self.text(&turns).or_else(|error| match turns.as_slice() {
            [(Role::System, rules), (Role::User, question), rest @ ..] => {
                let first = (Role::User, format!("{rules}\n\n{question}"));
                let turns: Vec<_> = [first].into_iter().chain(rest.iter().cloned()).collect();
                self.text(&turns)
            }
            _ => Err(error),
        })?;
        Ok(parts(&text, messages))
    }

    fn text(&self, turns: &[(Role, String)]) -> Result<String, minijinja::Error> {
        let messages: Vec<Value> =
            turns.iter().map(|(role, said)| context! { role => role.as_str(), content => said }).collect();
        self.environment.get_template("chat")?.render(context! {
            messages,
            add_generation_prompt => true,
            bos_token => &self.begin,
            eos_token => &self.end,
        })
    }
}

/// The rendered text, with what was said in place of what stood for it.
fn parts<'a>(text: &str, messages: &'a [Message]) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    for (index, piece) in text.split(MARK).enumerate() {
        // Between two marks is the number of a turn.
        let said = if index % 2 == 1 { piece.parse::<usize>().ok().and_then(|turn| messages.get(turn)) } else { None };
        parts.push(said.map_or_else(|| Part::Markup(piece.to_owned()), |said| Part::Said(said.content.trim())));
    }
    parts
}
