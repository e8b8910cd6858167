use crate::policy::denied::{Denied, Rule, shown};
use crate::policy::kind::Kind::{
    self, Count, DateFormat, Either, File, Listed, Named, Names, Number, OneOf, Signed, Size, Text, Time,
};
use crate::policy::program::{
    Flags, Operands, Program, Refused, Requirement, Syntax, any, attached, some, switches, value,
};
use crate::policy::scan::Call;

use super::recursion;

const FOLLOWS: &str = "it never ends; use -n NUMBER";
const RECURSES: &str = "it walks a tree, in which secrets are read along with the rest; name the files";
const READS_LIST: &str = "it reads names or patterns from a file; write them as operands";
const WHEN: Kind = OneOf(&["never", "auto"]);
const GREP: &[Flags] = &[
    switches("-E --extended-regexp -F --fixed-strings -G --basic-regexp -P --perl-regexp -i --ignore-case"),
    switches("--no-ignore-case"),
    switches("-w --word-regexp -x --line-regexp -s --no-messages -v --invert-match -b --byte-offset"),
    switches("-n --line-number"),
    switches("-H --with-filename -h --no-filename -o --only-matching -q --quiet --silent -a --text -I"),
    switches("-L --files-without-match -l --files-with-matches -c --count -T --initial-tab"),
    switches("--no-group-separator"),
    value("-e --regexp", Text),
    value("-m --max-count -A --after-context -B --before-context -C --context -NUM", Number(0, 1_000_000)),
    value("--binary-files", OneOf(&["binary", "text", "without-match"])),
    value("--group-separator", Text),
    switches("-r --recursive"),
    value("--include --exclude-dir", Text),
    attached("--color --colour", WHEN),
];
/// The script takes the long flags with a value only as one word, so that it would read a pattern as a file.
const ZGREP: &[Flags] = &[
    switches(
        "-E --extended-regexp -F --fixed-strings -G --basic-regexp -P --perl-regexp -i --ignore-case -w --word-regexp",
    ),
    switches(
        "-x --line-regexp -s --no-messages -v --invert-match -b --byte-offset -n --line-number -H --with-filename",
    ),
    switches("-h --no-filename -o --only-matching -q --quiet --silent -a --text -l --files-with-matches -c --count"),
    value("-e", Text),
    value("-m -A -B -C -NUM", Number(0, 1_000_000)),
];
/// What these scripts pass on without reading it in another way.
const SMALL_GREP: &[Flags] = &[switches("-E -F -i -v -n -H -h -o -l -c -w -x")];
const GREP_REFUSED: &[Refused] = &[
    ("-R --dereference-recursive", "it follows links out of the tree; use -r"),
    ("-d --directories --exclude", RECURSES),
    ("-f --file --exclude-from", READS_LIST),
    ("-D --devices", "it reads devices"),
];
const GREP_NEEDS: &[Requirement] = &[Requirement::Special {
    what: "-r walks logs and directories of plain settings; other settings with --include='*.conf' or the like",
    check: recursion::plain_trees,
}];
const ZGREP_REFUSED: &[Refused] = &[
    ("-r -R --recursive --dereference-recursive -d --directories --include --exclude --exclude-dir", RECURSES),
    ("-f --file --exclude-from", READS_LIST),
    ("-D --devices", "it reads devices"),
];
/// The scripts put the name of a file into a program of sed.
const PLAIN_NAMES: &[Requirement] = &[Requirement::Special {
    what: "files are named by letters, digits and _ . / + : @ , = -, since the program is a shell script",
    check: plain_names,
}];
const SUM: &[Flags] = &[switches("-b --binary -t --text --tag -z --zero")];
const SUM_REFUSED: &[Refused] =
    &[("-c --check --ignore-missing --quiet --status --strict -w --warn", "it reads the names of files from a file")];

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "cat",
        summary: "a file",
        flags: &[
            switches("-A --show-all -b --number-nonblank -e -E --show-ends -n --number -s --squeeze-blank"),
            switches("-t -T --show-tabs -u -v --show-nonprinting"),
        ],
        operands: some(File),
        ..Program::PLAIN
    },
    Program {
        name: "head",
        summary: "the beginning of a file",
        flags: &[
            switches("-q --quiet --silent -v --verbose"),
            value("-n --lines -c --bytes", Count),
            value("-NUM", Number(0, 1_000_000)),
        ],
        operands: some(File),
        ..Program::PLAIN
    },
    Program {
        name: "tail",
        summary: "the end of a file",
        flags: &[
            switches("-q --quiet --silent -v --verbose"),
            value("-n --lines -c --bytes", Count),
            value("-NUM", Number(0, 1_000_000)),
        ],
        operands: some(File),
        refused: &[("-f -F --follow --retry --pid -s --sleep-interval --max-unchanged-stats", FOLLOWS)],
        ..Program::PLAIN
    },
    Program {
        name: "grep",
        summary: "lines of named files that match a pattern",
        flags: GREP,
        operands: Operands::PatternAndFiles { given_by: "-e --regexp" },
        requirements: GREP_NEEDS,
        refused: GREP_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "wc",
        summary: "lines, words and bytes of a file",
        flags: &[switches("-c --bytes -m --chars -l --lines -L --max-line-length -w --words")],
        operands: some(File),
        refused: &[("--files0-from", READS_LIST)],
        ..Program::PLAIN
    },
    Program {
        name: "ls",
        summary: "names, sizes, owners and times of files",
        flags: &[
            switches("-a --all -A --almost-all --author -b --escape -B --ignore-backups -c -C -d --directory"),
            switches("-f -F --classify --file-type"),
            switches("--full-time -g --group-directories-first -G --no-group -h --human-readable --si"),
            switches("-i --inode -k --kibibytes -l -L"),
            switches("--dereference -m -n --numeric-uid-gid -N --literal -o -p -q --hide-control-chars"),
            switches("-Q --quote-name -r --reverse"),
            switches("-s --size -S -t -u -U -v -x -X -Z --context -1"),
            value("--sort", OneOf(&["none", "size", "time", "version", "extension", "width"])),
            value(
                "--time",
                OneOf(&["atime", "access", "use", "ctime", "status", "birth", "creation", "mtime", "modification"]),
            ),
            value("--time-style", Either(&[OneOf(&["full-iso", "long-iso", "iso", "locale"]), DateFormat])),
            switches("-R --recursive"),
            value(
                "--format",
                OneOf(&["across", "commas", "horizontal", "long", "single-column", "verbose", "vertical"]),
            ),
            value("--block-size", Size),
            value("-I --ignore --hide", Text),
            value("-w --width -T --tabsize", Number(0, 10_000)),
            attached("--color", WHEN),
        ],
        operands: any(Listed),
        requirements: &[Requirement::Special {
            what: "-R needs directories that are below another: /etc/nginx, not /etc",
            check: recursion::deep,
        }],
        ..Program::PLAIN
    },
    Program {
        name: "stat",
        summary: "owner, mode, size and times of a file, or its file system",
        flags: &[
            switches("-L --dereference -f --file-system -t --terse"),
            value("-c --format --printf", Text),
            value("--cached", OneOf(&["always", "never", "default"])),
        ],
        operands: some(Listed),
        ..Program::PLAIN
    },
    Program {
        name: "readlink",
        summary: "where a link leads",
        flags: &[
            switches("-f --canonicalize -e --canonicalize-existing -m --canonicalize-missing -n --no-newline"),
            switches("-q --quiet -s --silent -v --verbose"),
        ],
        operands: some(Listed),
        ..Program::PLAIN
    },
    Program {
        name: "egrep",
        summary: "lines of named files that match an extended pattern",
        flags: GREP,
        operands: Operands::PatternAndFiles { given_by: "-e --regexp" },
        requirements: GREP_NEEDS,
        refused: GREP_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "fgrep",
        summary: "lines of named files that contain a text",
        flags: GREP,
        operands: Operands::PatternAndFiles { given_by: "-e --regexp" },
        requirements: GREP_NEEDS,
        refused: GREP_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "zgrep",
        summary: "lines that match a pattern, of files that may be compressed",
        flags: ZGREP,
        operands: Operands::PatternAndFiles { given_by: "-e --regexp" },
        requirements: PLAIN_NAMES,
        refused: ZGREP_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "zegrep",
        summary: "lines that match a extended pattern, of files that may be compressed with gzip",
        flags: ZGREP,
        operands: Operands::PatternAndFiles { given_by: "-e --regexp" },
        requirements: PLAIN_NAMES,
        refused: ZGREP_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "zfgrep",
        summary: "lines that match a text, of files that may be compressed with gzip",
        flags: ZGREP,
        operands: Operands::PatternAndFiles { given_by: "-e --regexp" },
        requirements: PLAIN_NAMES,
        refused: ZGREP_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "bzgrep",
        summary: "lines that match a pattern, of files that may be compressed with bzip2",
        flags: SMALL_GREP,
        operands: Operands::PatternAndFiles { given_by: "-e" },
        requirements: PLAIN_NAMES,
        refused: ZGREP_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "xzgrep",
        summary: "lines that match a pattern, of files that may be compressed with xz",
        flags: SMALL_GREP,
        operands: Operands::PatternAndFiles { given_by: "-e" },
        requirements: PLAIN_NAMES,
        refused: ZGREP_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "zstdgrep",
        summary: "lines that match a pattern, of files that may be compressed with zstd",
        flags: SMALL_GREP,
        operands: Operands::PatternAndFiles { given_by: "-e" },
        requirements: PLAIN_NAMES,
        refused: ZGREP_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "zcat",
        summary: "a file that is compressed with gzip",
        operands: some(File),
        refused: &[("--files --files0 --filelist -o -S --suffix -d -r --recursive", READS_LIST)],
        ..Program::PLAIN
    },
    Program {
        name: "bzcat",
        summary: "a file that is compressed with bzip2",
        operands: some(File),
        refused: &[("--files --files0 --filelist -o -S --suffix -d -r --recursive", READS_LIST)],
        ..Program::PLAIN
    },
    Program {
        name: "xzcat",
        summary: "a file that is compressed with xz",
        operands: some(File),
        refused: &[("--files --files0 --filelist -o -S --suffix -d -r --recursive", READS_LIST)],
        ..Program::PLAIN
    },
    Program {
        name: "zstdcat",
        summary: "a file that is compressed with zstd",
        operands: some(File),
        refused: &[("--files --files0 --filelist -o -S --suffix -d -r --recursive", READS_LIST)],
        ..Program::PLAIN
    },
    Program {
        name: "sha256sum",
        summary: "checksum of a file",
        flags: SUM,
        operands: some(File),
        refused: SUM_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "sha512sum",
        summary: "checksum of a file",
        flags: SUM,
        operands: some(File),
        refused: SUM_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "sha1sum",
        summary: "checksum of a file",
        flags: SUM,
        operands: some(File),
        refused: SUM_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "md5sum",
        summary: "checksum of a file",
        flags: SUM,
        operands: some(File),
        refused: SUM_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "b2sum",
        summary: "checksum of a file",
        flags: SUM,
        operands: some(File),
        refused: SUM_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "cksum",
        summary: "checksum of a file",
        flags: SUM,
        operands: some(File),
        refused: SUM_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "file",
        summary: "type of a file's content",
        flags: &[switches(
            "-b --brief -i --mime --mime-type --mime-encoding -L --dereference -h --no-dereference -k --keep-going -N -r --raw -E",
        )],
        operands: some(File),
        refused: &[
            ("-C --compile -p --preserve-date", "it writes"),
            ("-m --magic-file -f --files-from -d -P --parameter -e --exclude", READS_LIST),
            ("-s --special-files", "it reads devices"),
            (
                "-z --uncompress -Z --uncompress-noreport -S --no-sandbox",
                "it starts other programs, or leaves its sandbox",
            ),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "find",
        summary: "names of files by age, size, owner or name",
        syntax: Syntax::Expression,
        flags: &[
            switches("-P -xdev -mount -depth -daystart -noleaf -print -print0 -ls -prune -quit -empty -true -false"),
            switches("-nouser -nogroup -readable -writable -executable ( ) ! -not -a -and -o -or ,"),
            value("-maxdepth -mindepth", Number(0, 20)),
            value("-name -iname -path -ipath -wholename -iwholename -regex -iregex -lname -ilname -printf -perm", Text),
            value("-type -xtype -user -group -fstype -regextype", Names),
            value("-mtime -atime -ctime -mmin -amin -cmin -size -links -inum -uid -gid -used", Signed),
            value("-newer -anewer -cnewer -samefile", Listed),
            value("-newermt -newerat -newerct", Time),
        ],
        operands: some(Listed),
        requirements: &[Requirement::Special {
            what: "needs -maxdepth or -xdev from / and in /proc and /sys",
            check: bounded,
        }],
        refused: &[
            ("-exec -execdir -ok -okdir", "it starts a program for each file"),
            ("-delete", "it deletes files"),
            ("-fprint -fprint0 -fprintf -fls", "it writes a file"),
            ("-files0-from", READS_LIST),
            ("-L -H -follow", "it follows links out of the tree"),
            ("-D -O -context", "it says nothing about files"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "realpath",
        summary: "where a path leads, links resolved",
        flags: &[switches(
            "-e --canonicalize-existing -m --canonicalize-missing -L --logical -P --physical -q --quiet -s --strip --no-symlinks",
        )],
        operands: some(Listed),
        ..Program::PLAIN
    },
    Program {
        name: "getfacl",
        summary: "access control lists of a file",
        flags: &[switches(
            "-a --access -d --default -c --omit-header -e --all-effective -E --no-effective -s --skip-base -t --tabular -n --numeric -p --absolute-names",
        )],
        operands: some(Listed),
        refused: &[("-R --recursive -L --logical -P --physical", RECURSES)],
        ..Program::PLAIN
    },
    Program {
        name: "lsattr",
        summary: "attributes of a file on ext and similar file systems",
        flags: &[switches("-a -d -l -p -v")],
        operands: some(Listed),
        refused: &[("-R", RECURSES)],
        about: "-V",
        ..Program::PLAIN
    },
    Program {
        name: "namei",
        summary: "owners and modes along a path",
        flags: &[switches(
            "-l --long -m --modes -n --nosymlinks -o --owners -v --vertical -x --mountpoints -Z --context",
        )],
        operands: some(Listed),
        ..Program::PLAIN
    },
    Program {
        name: "getcap",
        summary: "capabilities of a program's file",
        flags: &[switches("-v -n")],
        operands: some(Listed),
        refused: &[("-r", RECURSES)],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "which",
        summary: "where a program lies",
        flags: &[switches("-a")],
        operands: some(Named),
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "fuser",
        summary: "processes that use a file, a file system or a port",
        flags: &[
            switches("-a --all -m --mount -u --user -v --verbose -4 --ipv4 -6 --ipv6"),
            value("-n --namespace", OneOf(&["file", "tcp", "udp"])),
        ],
        operands: some(Either(&[Listed, Names])),
        refused: &[("-k --kill -i --interactive -w -M --ismountpoint -l", "it kills processes")],
        about: "-V",
        ..Program::PLAIN
    },
];

/// A walk from the root takes long and meets `/proc`, `/sys` and the network.
fn bounded(call: &Call<'_>) -> Result<(), Denied> {
    let first = |path: &str| path.split('/').find(|part| !matches!(*part, "" | ".")).map(str::to_owned);
    let below = |path: &&str| first(path).is_some_and(|top| !matches!(top.as_str(), "proc" | "sys"));
    if call.has("-maxdepth -xdev -mount") || call.operands.iter().all(below) {
        return Ok(());
    }
    let reason = "`find` from / or in /proc or /sys needs `-maxdepth` or `-xdev`: without them, it walks everything";
    Err(Denied::new(Rule::Missing, reason))
}

fn plain_names(call: &Call<'_>) -> Result<(), Denied> {
    let plain = |c: char| c.is_alphanumeric() || "_./+:@,=-".contains(c);
    let files = if call.has("-e") { &call.operands[..] } else { call.operands.get(1..).unwrap_or_default() };
    match files.iter().find(|file| !file.chars().all(plain)) {
        Some(file) => {
            Err(Denied::new(Rule::Path, format!("{} has a character that the script may act on", shown(file))))
        }
        None => Ok(()),
    }
}
