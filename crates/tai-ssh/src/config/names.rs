//! The names that the files give to hosts.

use std::path::Path;

use super::line::arguments;
use super::options::{ConfigFiles, ResolveOptions};
use super::reader::{first_word, included};

/// Files within files, at most.
const DEEPEST: usize = 16;

/// The hosts that `Host` lines name, each once, in the order of the files: what an operator may be offered. A pattern names none, and neither does a file that
/// cannot be read. Whatever is wrong with the files is [`resolve`](super::resolve)'s to tell.
#[must_use]
pub fn host_names(options: &ResolveOptions) -> Vec<String> {
    let mut names = Vec::new();
    match &options.files {
        ConfigFiles::Nothing => {}
        ConfigFiles::Only(file) => read(file, true, 0, options, &mut names),
        ConfigFiles::Default { user, system } => {
            user.iter().for_each(|file| read(file, true, 0, options, &mut names));
            system.iter().for_each(|file| read(file, false, 0, options, &mut names));
        }
    }
    names
}

fn read(file: &Path, from_user: bool, depth: usize, options: &ResolveOptions, names: &mut Vec<String>) {
    if depth > DEEPEST || !file.is_file() {
        return;
    }
    let Ok(bytes) = std::fs::read(file) else { return };
    for line in String::from_utf8_lossy(&bytes).lines() {
        let Some((keyword, Some(rest))) = first_word(line.trim_end()) else { continue };
        let Some(words) = arguments(rest.trim_start()) else { continue };
        if keyword.eq_ignore_ascii_case("host") {
            let plain = |name: &String| !name.is_empty() && !name.contains(['*', '?', '!']) && !names.contains(name);
            let plain: Vec<String> = words.into_iter().filter(plain).collect();
            names.extend(plain);
        } else if keyword.eq_ignore_ascii_case("include") {
            for word in words {
                for file in included(&word, from_user, options) {
                    read(&file, from_user, depth + 1, options, names);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_by_name_with_those_of_included_files() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        let more = dir.path().join("more.conf");
        write(
            "config",
            &format!(
                "# Host commented\nHost web1 web2 *.example !bad\n  User ops\nInclude \"{}\"\nhost=db1\nHost web1\nMatch host x\nHost \"a b",
                more.display()
            ),
        );
        write("more.conf", "Host gate\nInclude nothing-*\n");
        let options =
            ResolveOptions { files: ConfigFiles::Only(dir.path().join("config")), ..ResolveOptions::default() };
        assert_eq!(host_names(&options), ["web1", "web2", "gate", "db1"]);
        assert_eq!(host_names(&ResolveOptions::default()), Vec::<String>::new());
    }
}
