use crate::policy::program::{Program, Requirement, Syntax, switches};

pub(super) const PROGRAMS: &[Program] = &[Program {
    name: "nginx",
    summary: "version and build options of nginx",
    syntax: Syntax::Words,
    flags: &[switches("-v -V")],
    requirements: &[Requirement::OneOf { flags: "-v -V", why: "it would start the server" }],
    refused: &[
        (
            "-t -T",
            "it opens, and may create, the log files, and reads keys; read /etc/nginx/nginx.conf and the journal",
        ),
        ("-s -c -g -p -e -q", "it controls or starts the server"),
    ],
    ..Program::PLAIN
}];
