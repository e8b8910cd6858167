use crate::policy::kind::Kind::{self, Either, Label, Listed, Named, Names, Number, OneOf};
use crate::policy::program::{Operands, Program, Refused, Requirement, Syntax, any, maybe, one, switches, value, verb};

const STARTS: &str = "it would start the server";
const HERE: Kind = OneOf(&["localhost", "127.0.0.1", "::1"]);
const CONTROLS: &str = "it controls or starts the server, or changes its data";
const HTTPD_REFUSED: &[Refused] = &[(
    "-t -S -M -D -d -f -c -C -k -e -E -X -T",
    "it starts the server, or loads its modules and configuration; read the configuration files and the journal",
)];
const RABBIT_REFUSED: &[Refused] = &[
    ("eval exec eval_file remote_shell observer consume_event_stream log_tail_stream", "it runs code, or never ends"),
    ("-n --node --erlang-cookie --longnames -l", "it talks to another node, or with another cookie"),
    (
        "stop stop_app start_app reset force_reset join_cluster forget_cluster_node add_user delete_user change_password set_permissions \
         clear_permissions add_vhost delete_vhost set_policy clear_policy purge_queue delete_queue close_connection rotate_logs shutdown \
         set_parameter clear_parameter import_definitions",
        CONTROLS,
    ),
    (
        "environment report export_definitions list_parameters list_global_parameters",
        "it shows passwords of its configuration",
    ),
];

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "nginx",
        summary: "version and build options of nginx",
        syntax: Syntax::Words,
        flags: &[switches("-v -V")],
        requirements: &[Requirement::OneOf { flags: "-v -V", why: STARTS }],
        refused: &[
            (
                "-t -T",
                "it opens, and may create, the log files, and reads keys; read /etc/nginx/nginx.conf and the journal",
            ),
            ("-s -c -g -p -e -q", "it controls or starts the server"),
        ],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "apache2",
        summary: "version and build options of Apache",
        syntax: Syntax::Words,
        flags: &[switches("-v -V -l -L")],
        requirements: &[Requirement::OneOf { flags: "-v -V -l -L", why: STARTS }],
        refused: HTTPD_REFUSED,
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "httpd",
        summary: "version and build options of Apache",
        syntax: Syntax::Words,
        flags: &[switches("-v -V -l -L")],
        requirements: &[Requirement::OneOf { flags: "-v -V -l -L", why: STARTS }],
        refused: HTTPD_REFUSED,
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "haproxy",
        summary: "version and build options of HAProxy",
        syntax: Syntax::Words,
        flags: &[switches("-v -vv")],
        requirements: &[Requirement::OneOf { flags: "-v -vv", why: STARTS }],
        refused: &[(
            "-c -f -C -D -W -Ws -d -db -p -sf -st -x -S -L -n -N -m -q -V",
            "it starts the server, or reads its configuration",
        )],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "pg_lsclusters",
        summary: "clusters of PostgreSQL, their ports and state",
        flags: &[switches("-h --no-header -j --json -s --start-conf")],
        about: "--help",
        ..Program::PLAIN
    },
    Program {
        name: "mysqladmin",
        summary: "state of MySQL or MariaDB",
        flags: &[
            switches("-v --verbose -s --silent --loose-skip-ssl"),
            value("-u --user", Named),
            value("-h --host", HERE),
            value("-P --port", Number(1, 65_535)),
            value("-S --socket", Listed),
        ],
        verbs: &[
            verb("status", Operands::None),
            verb("ping", Operands::None),
            verb("version", Operands::None),
            verb("extended-status", Operands::None),
            verb("processlist", Operands::None),
            verb("variables", Operands::None),
        ],
        refused: &[
            (
                "shutdown kill create drop password flush-hosts flush-logs flush-privileges flush-tables flush-threads flush-status refresh reload start-slave stop-slave start-replica stop-replica debug",
                CONTROLS,
            ),
            ("-i --sleep -c --count -w --wait -r --relative", "it repeats or waits"),
            (
                "-p --password --defaults-file --defaults-extra-file --login-path --plugin-dir --default-auth -f --force",
                "it takes a password, code or a configuration",
            ),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "mariadb-admin",
        summary: "state of MariaDB",
        flags: &[
            switches("-v --verbose -s --silent --loose-skip-ssl"),
            value("-u --user", Named),
            value("-h --host", HERE),
            value("-P --port", Number(1, 65_535)),
            value("-S --socket", Listed),
        ],
        verbs: &[
            verb("status", Operands::None),
            verb("ping", Operands::None),
            verb("version", Operands::None),
            verb("extended-status", Operands::None),
            verb("processlist", Operands::None),
            verb("variables", Operands::None),
        ],
        refused: &[
            (
                "shutdown kill create drop password flush-hosts flush-logs flush-privileges flush-tables flush-threads flush-status refresh reload start-slave stop-slave start-replica stop-replica debug",
                CONTROLS,
            ),
            ("-i --sleep -c --count -w --wait -r --relative", "it repeats or waits"),
            (
                "-p --password --defaults-file --defaults-extra-file --login-path --plugin-dir --default-auth -f --force",
                "it takes a password, code or a configuration",
            ),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "redis-cli",
        summary: "state of Redis on this host",
        syntax: Syntax::Words,
        flags: &[
            switches("--raw --no-raw --csv --json --no-auth-warning -2 -3"),
            value("-h", HERE),
            value("-p", Number(1, 65_535)),
            value("-n", Number(0, 100_000)),
            value("-s", Listed),
        ],
        verbs: &[
            verb("info|INFO", any(Named)),
            verb("ping|PING", Operands::None),
            verb("dbsize|DBSIZE", Operands::None),
            verb("lastsave|LASTSAVE", Operands::None),
            verb("role|ROLE", Operands::None),
            verb("time|TIME", Operands::None),
            verb("client|CLIENT list|LIST", Operands::None),
            verb("slowlog|SLOWLOG len|LEN", Operands::None),
            verb("memory|MEMORY stats|STATS", Operands::None),
            verb("memory|MEMORY doctor|DOCTOR", Operands::None),
            verb("latency|LATENCY latest|LATEST|doctor|DOCTOR", Operands::None),
            verb("cluster|CLUSTER info|INFO", Operands::None),
            verb("cluster|CLUSTER nodes|NODES", Operands::None),
            verb(
                "config|CONFIG get|GET",
                one(OneOf(&[
                    "maxmemory",
                    "maxmemory-policy",
                    "maxclients",
                    "timeout",
                    "save",
                    "appendonly",
                    "databases",
                    "tcp-keepalive",
                    "bind",
                    "port",
                ])),
            ),
        ],
        refused: &[
            (
                "-a --pass --askpass --user -u --tls --cert --key --cacert --sni",
                "it takes a password, or talks to another host",
            ),
            ("-r -i --stat --latency --latency-history --latency-dist --intrinsic-latency --lru-test", "it never ends"),
            (
                "--rdb --functions-rdb --pipe --eval --ldb --ldb-sync-mode --replica --slave --bigkeys --memkeys --hotkeys --scan --cluster -x -X",
                "it writes a file, runs a script, or reads all data",
            ),
            (
                "get set del flushall FLUSHALL flushdb FLUSHDB shutdown SHUTDOWN eval EVAL monitor MONITOR save bgsave debug DEBUG keys KEYS subscribe",
                CONTROLS,
            ),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "rabbitmqctl",
        summary: "state of RabbitMQ: nodes, queues, connections",
        flags: &[
            switches("-q --quiet -s --silent --no-table-headers --online --offline --local"),
            value("-p --vhost", Either(&[Label, OneOf(&["/"])])),
            value("--formatter", OneOf(&["table", "pretty_table", "json", "csv", "erlang"])),
            value("-t --timeout", Number(1, 60)),
        ],
        verbs: &[
            verb("status", Operands::None),
            verb("cluster_status", Operands::None),
            verb("ping", Operands::None),
            verb("version", Operands::None),
            verb("list_queues", any(Named)),
            verb("list_exchanges", any(Named)),
            verb("list_bindings", any(Named)),
            verb("list_connections", any(Named)),
            verb("list_channels", any(Named)),
            verb("list_consumers", any(Named)),
            verb("list_vhosts", any(Named)),
            verb("list_policies", Operands::None),
            verb("list_users", Operands::None),
            verb("list_permissions", Operands::None),
        ],
        refused: RABBIT_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "rabbitmq-diagnostics",
        summary: "health of RabbitMQ",
        flags: &[
            switches("-q --quiet -s --silent"),
            value("--formatter", OneOf(&["table", "pretty_table", "json", "csv", "erlang"])),
            value("-t --timeout", Number(1, 60)),
        ],
        verbs: &[
            verb("status", Operands::None),
            verb("ping", Operands::None),
            verb("cluster_status", Operands::None),
            verb("check_running", Operands::None),
            verb("check_port_connectivity", Operands::None),
            verb("check_virtual_hosts", Operands::None),
            verb("check_local_alarms", Operands::None),
            verb("alarms", Operands::None),
            verb("memory_breakdown", Operands::None),
            verb("listeners", Operands::None),
        ],
        refused: RABBIT_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "postqueue",
        summary: "mails that wait in Postfix",
        flags: &[switches("-p -j")],
        requirements: &[Requirement::OneOf { flags: "-p -j", why: "other operations send mails" }],
        refused: &[("-f -i -s -c", "it sends mails, or reads another configuration")],
        about: "",
        ..Program::PLAIN
    },
    Program { name: "mailq", summary: "mails that wait", about: "", ..Program::PLAIN },
    Program {
        name: "tuned-adm",
        summary: "profile of tuned",
        verbs: &[
            verb("active", Operands::None),
            verb("list", Operands::None),
            verb("recommend", Operands::None),
            verb("profile_info", maybe(Names)),
        ],
        refused: &[("profile off auto_profile verify", "it changes the profile")],
        ..Program::PLAIN
    },
];
