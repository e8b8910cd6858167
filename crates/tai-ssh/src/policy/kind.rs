use std::fmt;

use super::denied::{Denied, Rule, shown};
use super::path::{self, Access};

/// What a value or an operand may be. Only [`Kind::Text`] and signed numbers may begin with `-`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// Any printable text: a pattern, an identifier of a log.
    Text,
    /// Letters, digits and `_ . , : % @ + ^ / = -`, but no path: columns, levels, types, names of users and services.
    Names,
    /// As `Names`, with a letter first and without `/`, so that it is no number and no path.
    Named,
    /// Printable text that does not begin with `-`, `@` or `/`: the name of a connection, a label.
    Label,
    /// One of these, and any text behind it.
    Begins(&'static [&'static str]),
    /// A package, or a pattern of packages: no file and no address.
    Package,
    /// A format of rpm's queries: tags in capitals, no macro.
    Tags,
    /// A certificate, which holds no key.
    Certificate,
    /// A type of Kubernetes objects or the name of one, no secret.
    KubeObject,
    /// A time of day: `10:30`, `10:30:00`.
    Clock,
    /// A host name or an address, with `@` in front for the name server to ask.
    DnsWord,
    /// As `Names`, which a single `-` or `+` may lead: keys to sort by, columns to add.
    Signed,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number between these.
    Number(u64, u64),
    /// A number with or without a fraction, between these.
    Decimal(f64, f64),
    /// A number of lines or bytes, with a sign and a unit: `500`, `+10`, `-3`, `64K`.
    Count,
    /// As `Count`, or a unit alone: `M`, `1K`.
    Size,
    /// Numbers with commas or spaces between.
    Pids,
    /// A point in time or a span: `2026-05-04 10:00`, `2 hours ago`, `-1h`, `@1777888000`.
    Time,
    /// `+` and a format of date(1).
    DateFormat,
    /// A boot of the journal: `0`, `-1`, an identifier, `all`.
    Boot,
    /// `FIELD=value` of the journal, or the `+` between two groups of them.
    JournalMatch,
    /// A systemd unit, or a pattern of them.
    Unit,
    /// A network interface.
    Interface,
    /// A host name or an address.
    Host,
    /// An address or a prefix.
    Address,
    /// What lsof's `-i` takes: `4`, `:80`, `TCP:443`, `@10.0.0.1`.
    SocketAddress,
    /// A filter of ss(8).
    SocketFilter,
    /// A kernel parameter's name, without a value.
    Parameter,
    /// Columns of ps(1), with headers: `pid,comm=`.
    PsFormat,
    /// A block device by its name or below `/dev`.
    Disk,
    /// A file whose content is read.
    File,
    /// A file or directory whose name, size and times are shown.
    Listed,
    /// Any of these.
    Either(&'static [Kind]),
}

impl Kind {
    /// Checks one word. The reason names what the kind is, for the caller to put the flag or the program in front.
    pub(super) fn check(self, text: &str) -> Result<(), Denied> {
        match self {
            Kind::File => path::check(text, Access::Read),
            Kind::Listed => path::check(text, Access::List),
            Kind::Certificate => path::check_certificate(text),
            Kind::Parameter if is_parameter(text) => {
                let name = text.rsplit(['.', '/']).next().unwrap_or(text);
                path::check(&format!("/proc/sys/{name}"), Access::Read)
            }
            Kind::Disk if text.starts_with("/dev/") => path::check(text, Access::List),
            Kind::Either(kinds) => self.either(kinds, text),
            _ if self.accepts(text) => Ok(()),
            _ => Err(Denied::new(Rule::Value, format!("{} is not {self}", shown(text)))),
        }
    }

    fn either(self, kinds: &[Kind], text: &str) -> Result<(), Denied> {
        let mut path_denied = None;
        for kind in kinds {
            match kind.check(text) {
                Ok(()) => return Ok(()),
                Err(denied) if text.starts_with('/') && denied.rule != Rule::Value => path_denied = Some(denied),
                Err(_) => {}
            }
        }
        Err(path_denied.unwrap_or_else(|| Denied::new(Rule::Value, format!("{} is not {self}", shown(text)))))
    }

    fn accepts(self, text: &str) -> bool {
        match self {
            Kind::Text => true,
            Kind::Names => is_names(text),
            Kind::Named => is_names(text) && !text.contains('/') && text.starts_with(|c: char| c.is_ascii_alphabetic()),
            Kind::Label => !text.is_empty() && !text.starts_with(['-', '@', '/']),
            Kind::Begins(prefixes) => prefixes.iter().any(|prefix| text.starts_with(prefix)),
            Kind::Package => {
                has(text, "_.+:~*?@^-", |c| c.is_ascii_alphanumeric()) && !text.starts_with(['-', '.', '@'])
            }
            Kind::Tags => is_tags(text),
            Kind::KubeObject => {
                has(text, "_.,:/-", |c| c.is_ascii_alphanumeric())
                    && !text.starts_with(['-', '.', '/'])
                    && !text.to_ascii_lowercase().contains("secret")
            }
            Kind::Clock => has(text, ":", |c| c.is_ascii_digit()) && matches!(text.len(), 5 | 8) && text.contains(':'),
            Kind::DnsWord => Kind::Host.accepts(text.strip_prefix('@').unwrap_or(text)),
            Kind::Signed => is_names(text.strip_prefix(['-', '+']).unwrap_or(text)),
            Kind::OneOf(words) => words.contains(&text),
            Kind::Number(min, max) => is_digits(text) && text.parse().is_ok_and(|n: u64| (min..=max).contains(&n)),
            Kind::Decimal(min, max) => is_decimal(text) && text.parse().is_ok_and(|n: f64| (min..=max).contains(&n)),
            Kind::Count => is_count(text, 1),
            Kind::Size => is_count(text, 0),
            Kind::Pids => has(text, " ,", |c| c.is_ascii_digit()) && text.starts_with(|c: char| c.is_ascii_digit()),
            Kind::Time => {
                has(text, " :+-.,@/", |c| c.is_ascii_alphanumeric())
                    && !text.starts_with("--")
                    && !text.starts_with('/')
            }
            Kind::DateFormat => text.starts_with('+'),
            Kind::Boot => is_boot(text),
            Kind::JournalMatch => text == "+" || is_journal_match(text),
            Kind::Unit => has(text, ":_.\\@*?[]-", char::is_alphanumeric) && !text.starts_with('-'),
            Kind::Interface => {
                text.len() <= 15 && has(text, "_.:@-", |c| c.is_ascii_alphanumeric()) && !text.starts_with(['-', '.'])
            }
            Kind::Host => {
                text.len() <= 253 && has(text, ".:_%-", |c| c.is_ascii_alphanumeric()) && !text.starts_with('-')
            }
            Kind::Address => has(text, ".:/%", |c| c.is_ascii_hexdigit()) && !text.starts_with('/'),
            Kind::SocketAddress => has(text, "@:.,-_[]*", |c| c.is_ascii_alphanumeric()) && !text.starts_with('-'),
            Kind::SocketFilter => {
                has(text, " :.=!<>()[]*/,%_-", |c| c.is_ascii_alphanumeric()) && !text.starts_with('-')
            }
            Kind::PsFormat => is_ps_format(text),
            Kind::Disk => has(text, "_.:-", |c| c.is_ascii_alphanumeric()) && text.starts_with(char::is_alphanumeric),
            Kind::File | Kind::Listed | Kind::Certificate | Kind::Parameter | Kind::Either(_) => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Text => "text",
            Kind::Names => "a name or names with commas between",
            Kind::Named => "a name that begins with a letter",
            Kind::Label => "a name",
            Kind::Begins(prefixes) => return write!(f, "text that begins with {}", prefixes.join(" or ")),
            Kind::Package => "a package or a pattern of packages",
            Kind::Tags => "a format of tags in capitals, as in %{NAME}",
            Kind::Certificate => "a certificate to read",
            Kind::KubeObject => "a type or name of objects other than secrets",
            Kind::Clock => "a time of day",
            Kind::DnsWord => "a name, an address, a record type or @server",
            Kind::Signed => "names with commas between, a sign in front",
            Kind::OneOf(words) => return write!(f, "one of {}", words.join(", ")),
            Kind::Number(min, max) => return write!(f, "a number from {min} to {max}"),
            Kind::Decimal(min, max) => return write!(f, "a number from {min} to {max}"),
            Kind::Count => "a number of lines or bytes",
            Kind::Size => "a size",
            Kind::Pids => "process ids",
            Kind::Time => "a time",
            Kind::DateFormat => "`+` and a format of date, so that no clock is set",
            Kind::Boot => "a boot (0, -1, an id, all)",
            Kind::JournalMatch => "FIELD=value or +",
            Kind::Unit => "a unit or a pattern of units",
            Kind::Interface => "an interface",
            Kind::Host => "a host name or address",
            Kind::Address => "an address or prefix",
            Kind::SocketAddress => "a protocol, address or port",
            Kind::SocketFilter => "a filter of sockets",
            Kind::Parameter => "the name of a kernel parameter, without a value",
            Kind::PsFormat => "columns of ps other than the environment",
            Kind::Disk => "a disk, by name or below /dev",
            Kind::File => "a file to read",
            Kind::Listed => "a path to list",
            Kind::Either(kinds) => {
                let names: Vec<String> = kinds.iter().map(ToString::to_string).collect();
                return f.write_str(&names.join(" or "));
            }
        })
    }
}

/// Not empty, and every character among `marks` or of the class.
fn has(text: &str, marks: &str, class: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(|c| class(c) || marks.contains(c))
}

fn is_names(text: &str) -> bool {
    has(text, "_.,:%@+^/=-", |c| c.is_ascii_alphanumeric()) && !text.starts_with(['-', '+', '/', '.'])
}

fn is_digits(text: &str) -> bool {
    has(text, "", |c| c.is_ascii_digit())
}

fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    is_digits(whole) && is_digits(fraction)
}

fn is_count(text: &str, least_digits: usize) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let unit = unsigned.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = unsigned.len() - unit.len();
    !unsigned.is_empty()
        && (least_digits..=18).contains(&digits)
        && unit.len() <= 3
        && unit.chars().all(|c| "bkKMGTPEiB".contains(c))
}

fn is_boot(text: &str) -> bool {
    let (id, offset) = match text.len() {
        33.. if text.is_char_boundary(32) => text.split_at(32),
        _ => (text, ""),
    };
    let signed = |text: &str| is_digits(text.strip_prefix(['-', '+']).unwrap_or(text));
    text == "all"
        || signed(text)
        || (id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()) && (offset.is_empty() || signed(offset)))
}

fn is_journal_match(text: &str) -> bool {
    text.split_once('=').is_some_and(|(field, value)| {
        let upper = has(field, "_", |c| c.is_ascii_uppercase() || c.is_ascii_digit());
        upper && !field.starts_with(|c: char| c.is_ascii_digit()) && !value.is_empty()
    })
}

/// Dots or slashes between the parts, but no way out of `/proc/sys`.
fn is_parameter(text: &str) -> bool {
    has(text, "_./:@-", |c| c.is_ascii_alphanumeric())
        && !text.starts_with(['/', '.', '-'])
        && !text.contains("..")
        && !text.contains("//")
}

/// Tags of rpm that people write in small letters. Macros are in small letters too, so no others are taken.
const SMALL_TAGS: &str = "name version release arch epoch evr nevra installtime buildtime size vendor summary license packager sourcerpm url";

/// Every `%` stands before a tag in braces, and tags are capitals, as macros (`%(…)`, `%{lua:…}`) are not.
fn is_tags(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
        let tag = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(tag, _)| tag);
        tag.is_some_and(|tag| {
            let (name, form) = tag.split_once(':').unwrap_or((tag, "date"));
            let name = name.strip_prefix('=').unwrap_or(name);
            (has(name, "_", |c| c.is_ascii_uppercase() || c.is_ascii_digit())
                || SMALL_TAGS.split(' ').any(|tag| tag == name))
                && has(form, "", |c| c.is_ascii_lowercase())
        })
    })
}

/// `environ` is a column of procps 4.
fn is_ps_format(text: &str) -> bool {
    has(text, "_,%=: +.-", |c| c.is_ascii_alphanumeric())
        && !text.starts_with('-')
        && !text.to_ascii_lowercase().contains("env")
}
