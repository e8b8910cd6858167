//! Reads the files line by line: `Host`, `Match` and `Include` decide which lines are for this host.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::criteria::{Subject, decide};
use super::error::{ConfigError, Problem};
use super::expand::{self, Tokens};
use super::keyword::{self, Kind};
use super::line::{arguments, word};
use super::options::{ConfigFiles, ResolveOptions};
use super::pattern::{self, Verdict};
use super::settings::Settings;
use super::value::{Line, apply};
use super::{access, finish, glob};

/// A line that ssh complains about and goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file; empty where no file is to blame.
    pub file: PathBuf,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    pub text: String,
}

/// One pass over the files.
pub(super) struct Reader<'a> {
    pub(super) options: &'a ResolveOptions,
    pub(super) settings: Settings,
    /// What was read, in order.
    pub(super) files: Vec<PathBuf>,
    pub(super) warnings: Vec<Warning>,
    /// The name that `Host` is asked of.
    pub(super) host: String,
    pub(super) final_pass: bool,
    /// Whether a line asked for the second pass.
    pub(super) wants_final: bool,
}

/// Where a line stands.
#[derive(Clone, Copy)]
struct Place<'p> {
    file: &'p Path,
    line: usize,
    depth: usize,
    /// Whose file it is: `~` and relative includes depend on it.
    from_user: bool,
    /// Read only to find mistakes: the file is included by a block that is not for this host.
    never: bool,
}

const MOST_BYTES: u64 = 16 << 20;
const DEEPEST: usize = 16;

impl Reader<'_> {
    /// Reads what stands in for the command line.
    pub(super) fn read_overrides(&mut self) -> Result<(), ConfigError> {
        let place = Place { file: Path::new("command-line"), line: 0, depth: 0, from_user: true, never: false };
        for (keyword, value) in &self.options.overrides {
            let text = format!("{keyword} {value}");
            let is_block = ["host", "match", "include"].iter().any(|block| block.eq_ignore_ascii_case(keyword.trim()));
            if is_block {
                return Err(place.wrong(Problem::NotOnCommandLine { keyword: keyword.clone() }));
            }
            self.read_line(&text, place, &mut true)?;
        }
        Ok(())
    }

    /// Reads the files in their order.
    pub(super) fn read_files(&mut self) -> Result<(), ConfigError> {
        let top = |file, from_user| Place { file, line: 0, depth: 0, from_user, never: false };
        match &self.options.files {
            ConfigFiles::Nothing => {}
            ConfigFiles::Only(file) => match self.read_file(top(file, true), false, &mut true)? {
                true => {}
                false => return Err(ConfigError::Read { file: file.clone(), source: io::ErrorKind::NotFound.into() }),
            },
            ConfigFiles::Default { user, system } => {
                if let Some(user) = user {
                    self.read_file(top(user, true), true, &mut true)?;
                }
                if let Some(system) = system {
                    self.read_file(top(system, false), false, &mut true)?;
                }
            }
        }
        Ok(())
    }

    /// Reads a file; false when there is none.
    fn read_file(&mut self, place: Place<'_>, check: bool, active: &mut bool) -> Result<bool, ConfigError> {
        if place.depth > DEEPEST {
            return Err(ConfigError::TooDeep { file: place.file.to_owned() });
        }
        let Some(bytes) = contents(place.file, check.then_some(self.options.uid))? else { return Ok(false) };
        if !self.files.iter().any(|file| file == place.file) {
            self.files.push(place.file.to_owned());
        }
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
            self.read_line(&String::from_utf8_lossy(line), Place { line: at + 1, ..place }, active)?;
        }
        Ok(true)
    }

    fn read_line(&mut self, text: &str, place: Place<'_>, active: &mut bool) -> Result<(), ConfigError> {
        // OpenSSH takes a form feed for white space at the end of a line only, and never the first character.
        let kept = text.trim_end_matches([' ', '\t', '\r', '\n', '\x0c']);
        let kept = if kept.is_empty() { text.get(..1).unwrap_or_default() } else { kept };
        let Some((keyword, rest)) = first_word(kept) else { return Ok(()) };
        let keyword = keyword.to_ascii_lowercase();
        let rest = rest.unwrap_or_default().trim_start_matches([' ', '\t', '\r', '\n']);
        if rest.is_empty() {
            return Err(place.wrong(Problem::NoArgument { keyword }));
        }
        let Some((name, kind)) = keyword::find(&keyword) else {
            let ignored = self
                .settings
                .get("ignoreunknown")
                .is_some_and(|list| pattern::match_list(&keyword, list, true) == Verdict::Matches);
            return match (ignored, arguments(rest)) {
                (false, _) => Err(place.wrong(Problem::BadOption { keyword })),
                (true, None) => Err(place.wrong(Problem::InvalidQuotes)),
                (true, Some(_)) => Ok(()),
            };
        };
        let words = arguments(rest).ok_or_else(|| place.wrong(Problem::InvalidQuotes))?.into_iter();
        let mut line = Line { keyword: &keyword, name, rest, words, active: *active, from_user: place.from_user };
        match kind {
            Kind::Host => *active = self.host_applies(&mut line, place)?,
            Kind::Match => *active = self.match_applies(&mut line, place)?,
            Kind::Include => self.include(&mut line, place, *active)?,
            kind => {
                if matches!(kind, Kind::Unsupported) {
                    self.warn(place, format!("unsupported option {keyword:?}"));
                }
                let env = &self.options.env;
                apply(&mut self.settings, &mut line, kind, env).map_err(|problem| place.wrong(problem))?;
            }
        }
        match line.words.len() {
            0 => Ok(()),
            _ => Err(place.wrong(Problem::ExtraArguments { keyword: keyword.clone() })),
        }
    }

    fn host_applies(&self, line: &mut Line<'_>, place: Place<'_>) -> Result<bool, ConfigError> {
        let mut applies = false;
        while let Some(word) = line.words.next() {
            if word.is_empty() {
                return Err(place.wrong(Problem::MissingArgument { keyword: line.keyword.to_owned() }));
            }
            if place.never {
                line.consume();
                return Ok(false);
            }
            match word.strip_prefix('!') {
                Some(excluded) if pattern::matches(&self.host, excluded) => {
                    line.consume();
                    return Ok(false);
                }
                Some(_) => {}
                None => applies |= pattern::matches(&self.host, &word),
            }
        }
        Ok(applies)
    }

    fn match_applies(&mut self, line: &mut Line<'_>, place: Place<'_>) -> Result<bool, ConfigError> {
        let host = match self.settings.get("hostname") {
            Some(name) if self.final_pass => name.to_owned(),
            Some(name) => {
                let typed = Tokens::new([('h', self.host.clone())]);
                typed.expand(name).map_err(|problem| place.wrong(problem))?
            }
            None => self.host.clone(),
        };
        let user = self.settings.get("user").unwrap_or(&self.options.local_user).to_owned();
        let tokens = finish::tokens(self.options, &self.settings, &host, &user);
        let subject = Subject {
            host: &host,
            original: &self.options.host,
            user: &user,
            local_user: &self.options.local_user,
            final_pass: self.final_pass,
            tokens: &tokens,
        };
        let decision = decide(line.rest, &subject).map_err(|problem| place.wrong(problem))?;
        self.wants_final |= decision.wants_final && !self.final_pass;
        if decision.needs_command && !place.never {
            return Err(ConfigError::MatchExec { file: place.file.to_owned(), line: place.line });
        }
        if !decision.has_rest {
            line.consume();
        }
        Ok(decision.matches && !place.never)
    }

    fn include(&mut self, line: &mut Line<'_>, place: Place<'_>, active: bool) -> Result<(), ConfigError> {
        for word in line.words.by_ref() {
            if word.is_empty() {
                return Err(place.wrong(Problem::MissingArgument { keyword: line.keyword.to_owned() }));
            }
            if word.starts_with('~') && !place.from_user {
                return Err(place.wrong(Problem::BadValue { keyword: line.keyword.to_owned(), value: word }));
            }
            for file in included(&word, place.from_user, self.options) {
                let inside = Place { file: &file, depth: place.depth + 1, never: place.never || !active, ..place };
                self.read_file(inside, true, &mut active.clone())?;
            }
        }
        Ok(())
    }

    pub(super) fn warn_of(&mut self, text: String) {
        self.warn(Place { file: Path::new(""), line: 0, depth: 0, from_user: true, never: false }, text);
    }

    fn warn(&mut self, place: Place<'_>, text: String) {
        let warning = Warning { file: place.file.to_owned(), line: place.line, text };
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }
}

impl Place<'_> {
    fn wrong(self, problem: Problem) -> ConfigError {
        ConfigError::Line { file: self.file.to_owned(), line: self.line, problem }
    }
}

/// The files that a word of an `Include` stands for.
pub(super) fn included(word: &str, from_user: bool, options: &ResolveOptions) -> Vec<PathBuf> {
    let pattern = match (word.starts_with(['/', '~']), from_user) {
        (true, _) => word.to_owned(),
        (false, true) => format!("~/.ssh/{word}"),
        (false, false) => format!("/etc/ssh/{word}"),
    };
    // As glob(3), which takes HOME for ~ and leaves an unknown user as it is.
    let home = options.env.get("HOME").filter(|home| !home.is_empty());
    let home = home.map_or(options.home.as_path(), Path::new);
    expand::tilde(&pattern, "", home).map(|pattern| glob::find(&pattern)).unwrap_or_default()
}

/// The first word of a line behind white space, unless it is empty or a comment. A keyword in quotes without an end is passed over.
pub(super) fn first_word(line: &str) -> Option<(String, Option<&str>)> {
    let (mut keyword, mut rest) = word(line)?;
    if keyword.is_empty() {
        (keyword, rest) = word(rest?)?;
    }
    (!keyword.is_empty() && !keyword.starts_with('#')).then_some((keyword, rest))
}

/// The bytes of a file; `None` when there is none. A directory has none to read.
fn contents(file: &Path, owner: Option<u32>) -> Result<Option<Vec<u8>>, ConfigError> {
    let read_error = |source| ConfigError::Read { file: file.to_owned(), source };
    let opened = match File::open(file) {
        Ok(opened) => opened,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(read_error(source)),
    };
    let metadata = opened.metadata().map_err(read_error)?;
    if owner.is_some_and(|uid| !access::is_safe(&metadata, uid)) {
        return Err(ConfigError::Permissions { file: file.to_owned() });
    }
    let mut bytes = Vec::new();
    if !metadata.is_dir() {
        opened.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(read_error)?;
    }
    if bytes.len() as u64 > MOST_BYTES {
        return Err(ConfigError::TooLarge { file: file.to_owned() });
    }
    Ok(Some(bytes))
}
