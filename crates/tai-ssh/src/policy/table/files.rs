use crate::policy::kind::Kind::{self, Count, File, Listed, Number, OneOf, Size, Text};
use crate::policy::program::{Operands, Program, any, attached, some, switches, value};

const FOLLOWS: &str = "it never ends; use -n NUMBER";
const RECURSES: &str = "it walks a tree, in which secrets are read along with the rest; name the files";
const READS_LIST: &str = "it reads names or patterns from a file; write them as operands";
const WHEN: Kind = OneOf(&["never", "auto"]);

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
        flags: &[
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
            attached("--color --colour", WHEN),
        ],
        operands: Operands::PatternAndFiles { given_by: "-e --regexp" },
        refused: &[
            ("-r -R --recursive --dereference-recursive -d --directories --include --exclude --exclude-dir", RECURSES),
            ("-f --file --exclude-from", READS_LIST),
            ("-D --devices", "it reads devices"),
        ],
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
            value("--time-style", OneOf(&["full-iso", "long-iso", "iso", "locale"])),
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
        refused: &[(
            "-R --recursive",
            "it walks a tree without a limit; list the directories that matter, or use du -d",
        )],
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
];
