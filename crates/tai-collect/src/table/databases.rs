//! Databases and queues: what can be read without credentials.

use crate::Category::{Containers, Databases, Disk};
use crate::{Collector, Cost, Family, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "postgres-clusters",
        categories: &[Databases],
        command: "pg_lsclusters",
        value: 8,
        timeout_s: 10,
        why: "clusters of PostgreSQL: down, port, directory (Debian family)",
        ..USUAL
    },
    Collector {
        id: "postgres-ready",
        categories: &[Databases],
        command: "pg_isready",
        value: 8,
        timeout_s: 10,
        why: "whether PostgreSQL accepts connections",
        ..USUAL
    },
    Collector {
        id: "postgres-errors",
        categories: &[Databases],
        command: "grep -HsE 'PANIC|FATAL|ERROR|could not|too many|deadlock|recovery|shutting down|ready to \
                  accept|terminated by' /var/log/postgresql/postgresql-17-main.log \
                  /var/log/postgresql/postgresql-16-main.log /var/log/postgresql/postgresql-15-main.log \
                  /var/log/postgresql/postgresql-14-main.log /var/log/postgresql/postgresql-13-main.log \
                  /var/log/postgresql/postgresql-12-main.log /var/log/postgresql/postgresql-11-main.log",
        when: &[When::Family(Family::Debian), When::Program("psql")],
        as_root: true,
        value: 9,
        cost: Cost::Medium,
        max_kib: 512,
        why: "what PostgreSQL complains of: too many clients, no space, role or database does not exist, crash \
                  recovery (Debian family)",
        ..USUAL
    },
    Collector {
        id: "postgres-errors-redhat",
        categories: &[Databases],
        command: "grep -HsE 'PANIC|FATAL|ERROR|could not|too many|deadlock|recovery|shutting down|ready to \
                  accept|terminated by' /var/lib/pgsql/data/log/postgresql-Mon.log \
                  /var/lib/pgsql/data/log/postgresql-Tue.log /var/lib/pgsql/data/log/postgresql-Wed.log \
                  /var/lib/pgsql/data/log/postgresql-Thu.log /var/lib/pgsql/data/log/postgresql-Fri.log \
                  /var/lib/pgsql/data/log/postgresql-Sat.log /var/lib/pgsql/data/log/postgresql-Sun.log",
        when: &[When::Program("psql"), When::NoProgram("pg_lsclusters")],
        as_root: true,
        value: 9,
        cost: Cost::Medium,
        max_kib: 512,
        why: "what PostgreSQL complains of, by day of the week: too many clients, no space, crash recovery (Red \
                  Hat family, SUSE)",
        ..USUAL
    },
    Collector {
        id: "postgres-settings",
        categories: &[Databases],
        command: "grep -HsE \
                  '^[[:space:]]*(listen_addresses|port|max_connections|shared_buffers|work_mem|maintenance_work_mem|huge_pages|max_wal_size|wal_level|wal_keep|archive_mode|hot_standby|max_replication|synchronous|fsync|data_directory|hba_file|unix_socket|ssl \
                  |ssl_cert|statement_timeout|idle_in|log_destination|log_directory|logging_collector)' \
                  /etc/postgresql/17/main/postgresql.conf /etc/postgresql/16/main/postgresql.conf \
                  /etc/postgresql/15/main/postgresql.conf /etc/postgresql/14/main/postgresql.conf \
                  /etc/postgresql/13/main/postgresql.conf /etc/postgresql/12/main/postgresql.conf \
                  /etc/postgresql/11/main/postgresql.conf /var/lib/pgsql/data/postgresql.conf",
        when: &[When::Program("psql")],
        as_root: true,
        value: 7,
        why: "memory, connections, WAL and replication of PostgreSQL as configured",
        ..USUAL
    },
    Collector {
        id: "postgres-access",
        categories: &[Databases],
        command: "grep -HsvE '^[[:space:]]*(#|$)|passw' /etc/postgresql/17/main/pg_hba.conf \
                  /etc/postgresql/16/main/pg_hba.conf /etc/postgresql/15/main/pg_hba.conf \
                  /etc/postgresql/14/main/pg_hba.conf /etc/postgresql/13/main/pg_hba.conf \
                  /etc/postgresql/12/main/pg_hba.conf /etc/postgresql/11/main/pg_hba.conf \
                  /var/lib/pgsql/data/pg_hba.conf",
        when: &[When::Program("psql")],
        as_root: true,
        value: 7,
        why: "who may connect to PostgreSQL from where: no pg_hba.conf entry, peer authentication failed",
        ..USUAL
    },
    Collector {
        id: "postgres-processes",
        categories: &[Databases],
        command: "ps -C postgres,postmaster -o pid,ppid,stat,rss,pcpu,lstart,args",
        when: &[When::Program("vmstat"), When::Program("psql")],
        value: 8,
        max_kib: 256,
        why: "sessions of PostgreSQL and what they do: idle in transaction, waiting, autovacuum",
        ..USUAL
    },
    Collector {
        id: "postgres-space",
        categories: &[Databases, Disk],
        command: "du -xk -d 4 /var/lib/postgresql",
        when: &[When::Program("pg_lsclusters")],
        as_root: true,
        cost: Cost::Heavy,
        timeout_s: 30,
        max_kib: 256,
        why: "space of PostgreSQL by directory: pg_wal that grows (Debian family)",
        ..USUAL
    },
    Collector {
        id: "postgres-space-redhat",
        categories: &[Databases, Disk],
        command: "du -xk -d 2 /var/lib/pgsql",
        when: &[When::Program("psql"), When::NoProgram("pg_lsclusters")],
        as_root: true,
        cost: Cost::Heavy,
        timeout_s: 30,
        max_kib: 256,
        why: "space of PostgreSQL by directory: pg_wal that grows (Red Hat family, SUSE)",
        ..USUAL
    },
    Collector {
        id: "pgbouncer-log",
        categories: &[Databases],
        command: "tail -n 200 /var/log/postgresql/pgbouncer.log",
        when: &[When::Program("pgbouncer")],
        as_root: true,
        value: 7,
        why: "what PgBouncer says: pooler error, no more connections allowed",
        ..USUAL
    },
    Collector {
        id: "mysql-log-debian",
        categories: &[Databases],
        command: "tail -n 300 /var/log/mysql/error.log",
        when: &[When::Family(Family::Debian), When::Program("mysqld")],
        as_root: true,
        value: 9,
        why: "what MySQL or MariaDB complains of: InnoDB, crashed, cannot create, access denied (Debian family)",
        ..USUAL
    },
    Collector {
        id: "mysql-log-redhat",
        categories: &[Databases],
        command: "tail -n 300 /var/log/mysqld.log",
        when: &[When::Family(Family::Redhat), When::Program("mysqld"), When::NoProgram("mariadbd")],
        as_root: true,
        value: 8,
        why: "what MySQL complains of: InnoDB, crashed, cannot create (Red Hat family, upstream's packages)",
        ..USUAL
    },
    Collector {
        id: "mysql-log-stream",
        categories: &[Databases],
        command: "tail -n 300 /var/log/mysql/mysqld.log",
        when: &[When::Program("mysqld"), When::NoProgram("dpkg"), When::NoProgram("mariadbd")],
        as_root: true,
        value: 8,
        why: "what MySQL complains of (Red Hat family's own packages, SUSE)",
        ..USUAL
    },
    Collector {
        id: "mariadb-log",
        categories: &[Databases],
        command: "tail -n 300 /var/log/mariadb/mariadb.log",
        when: &[When::Family(Family::Redhat), When::Program("mariadbd")],
        as_root: true,
        value: 9,
        why: "what MariaDB complains of: InnoDB, crashed, cannot create (Red Hat family)",
        ..USUAL
    },
    Collector {
        id: "mysql-settings",
        categories: &[Databases],
        command: "grep -HsE \
                  '^[[:space:]]*(\\[|bind|port|socket|datadir|tmpdir|max_|innodb|log|slow|long_query|skip|server|read_only|gtid|binlog|expire|wsrep_on|wsrep_cluster_name|tmp_table|table_open|open_files|key_buffer|thread|character|sql_mode|performance)' \
                  /etc/my.cnf /etc/mysql/my.cnf /etc/mysql/mariadb.conf.d/50-server.cnf \
                  /etc/mysql/mysql.conf.d/mysqld.cnf /etc/my.cnf.d/mariadb-server.cnf /etc/my.cnf.d/mysql-server.cnf \
                  /etc/my.cnf.d/server.cnf",
        when: &[When::Program("mysqladmin")],
        value: 7,
        why: "memory, connections, directories and logs of MySQL or MariaDB as configured",
        ..USUAL
    },
    Collector {
        id: "mysql-status",
        categories: &[Databases],
        command: "mysqladmin status",
        as_root: true,
        value: 6,
        timeout_s: 10,
        why: "threads, slow queries and uptime of MySQL or MariaDB; access denied says that it runs",
        ..USUAL
    },
    Collector {
        id: "mysql-counters",
        categories: &[Databases],
        // With TLS one value is a list of ciphers, and each line is padded to its width: 840 KB instead of 60.
        command: "mysqladmin --loose-skip-ssl extended-status",
        as_root: true,
        value: 6,
        timeout_s: 10,
        why: "counters of MySQL or MariaDB: Threads_connected, Aborted_connects, Innodb_row_lock_waits",
        ..USUAL
    },
    Collector {
        id: "mysql-processes",
        categories: &[Databases],
        command: "mysqladmin processlist",
        as_root: true,
        value: 7,
        timeout_s: 10,
        max_kib: 256,
        why: "queries that run or wait for a lock, and for how long",
        ..USUAL
    },
    Collector {
        id: "redis-info",
        categories: &[Databases],
        command: "redis-cli info",
        value: 8,
        timeout_s: 10,
        why: "memory against its limit, evictions, persistence that failed, replication, clients of Redis",
        ..USUAL
    },
    Collector {
        id: "redis-slow",
        categories: &[Databases],
        command: "redis-cli latency latest",
        value: 3,
        timeout_s: 10,
        why: "moments at which Redis was slow",
        ..USUAL
    },
    Collector {
        id: "redis-log",
        categories: &[Databases],
        command: "tail -n 300 /var/log/redis/redis-server.log",
        when: &[When::Family(Family::Debian), When::Program("redis-server")],
        as_root: true,
        value: 9,
        why: "what Redis complains of: MISCONF, cannot fork, out of memory, disk (Debian family)",
        ..USUAL
    },
    Collector {
        id: "redis-log-redhat",
        categories: &[Databases],
        command: "tail -n 300 /var/log/redis/redis.log",
        when: &[When::Program("redis-server"), When::NoProgram("dpkg")],
        as_root: true,
        value: 9,
        why: "what Redis complains of: MISCONF, cannot fork, out of memory, disk (Red Hat family, Alpine, Arch)",
        ..USUAL
    },
    Collector {
        id: "rabbitmq-alarms",
        categories: &[Databases],
        command: "rabbitmq-diagnostics alarms",
        as_root: true,
        value: 8,
        cost: Cost::Medium,
        timeout_s: 30,
        why: "alarms of RabbitMQ that block publishers: memory, disk",
        ..USUAL
    },
    Collector {
        id: "rabbitmq-queues",
        categories: &[Databases],
        command: "rabbitmqctl list_queues name messages consumers memory state",
        as_root: true,
        value: 8,
        cost: Cost::Medium,
        timeout_s: 30,
        why: "queues of RabbitMQ that grow or have no consumer",
        ..USUAL
    },
    Collector {
        id: "rabbitmq-status",
        categories: &[Databases],
        command: "rabbitmqctl status",
        as_root: true,
        value: 6,
        cost: Cost::Medium,
        timeout_s: 30,
        why: "memory, disk, file handles and listeners of RabbitMQ",
        ..USUAL
    },
    Collector {
        id: "rabbitmq-cluster",
        categories: &[Databases],
        command: "rabbitmqctl cluster_status",
        as_root: true,
        value: 7,
        cost: Cost::Medium,
        timeout_s: 30,
        why: "nodes of RabbitMQ that are down, partitions",
        ..USUAL
    },
    Collector {
        id: "rabbitmq-logs",
        categories: &[Databases],
        command: "ls -la --full-time /var/log/rabbitmq",
        when: &[When::Program("rabbitmqctl")],
        as_root: true,
        value: 4,
        why: "logs and crash reports of RabbitMQ, with times",
        ..USUAL
    },
    Collector {
        id: "mongodb-log",
        categories: &[Databases],
        command: "tail -n 300 /var/log/mongodb/mongod.log",
        when: &[When::Program("mongod")],
        as_root: true,
        value: 9,
        why: "what MongoDB complains of: WiredTiger, slow query, election, out of disk",
        ..USUAL
    },
    Collector {
        id: "mongodb-settings",
        categories: &[Databases],
        command: "grep -HsvE '^[[:space:]]*(#|$)|[pP]assword' /etc/mongod.conf",
        when: &[When::Program("mongod")],
        value: 7,
        why: "storage, address and replication of MongoDB as configured",
        ..USUAL
    },
    Collector {
        id: "elasticsearch-log",
        categories: &[Databases],
        command: "tail -n 300 /var/log/elasticsearch/elasticsearch.log",
        when: &[When::Unit("elasticsearch")],
        as_root: true,
        value: 9,
        why: "what Elasticsearch complains of: flood stage watermark, read-only, red, circuit breaker, gc overhead",
        ..USUAL
    },
    Collector {
        id: "elasticsearch-settings",
        categories: &[Databases],
        command: "grep -HsvE '^[[:space:]]*(#|$)|password' /etc/elasticsearch/elasticsearch.yml \
                  /etc/elasticsearch/jvm.options",
        when: &[When::Unit("elasticsearch")],
        as_root: true,
        value: 7,
        why: "cluster, discovery, paths and heap of Elasticsearch as configured",
        ..USUAL
    },
    Collector {
        id: "opensearch-log",
        categories: &[Databases],
        command: "tail -n 300 /var/log/opensearch/opensearch.log",
        when: &[When::Unit("opensearch")],
        as_root: true,
        value: 9,
        why: "what OpenSearch complains of: flood stage watermark, read-only, red, circuit breaker",
        ..USUAL
    },
    Collector {
        id: "kafka-log",
        categories: &[Databases],
        command: "tail -n 300 /var/log/kafka/server.log",
        when: &[When::Unit("kafka")],
        as_root: true,
        value: 8,
        why: "what Kafka complains of: log directory failed, controller, under-replicated",
        ..USUAL
    },
    Collector {
        id: "cassandra-log",
        categories: &[Databases],
        command: "tail -n 300 /var/log/cassandra/system.log",
        when: &[When::Unit("cassandra")],
        as_root: true,
        value: 8,
        why: "what Cassandra complains of: gossip, dropped mutations, gc pauses",
        ..USUAL
    },
    Collector {
        id: "etcd-journal",
        categories: &[Databases, Containers],
        command: "journalctl -u etcd -u etcd3 -n 300 -o short-iso --no-pager",
        when: &[When::Systemd, When::Unit("etcd")],
        value: 8,
        timeout_s: 20,
        why: "what etcd says: no leader, slow fdatasync, database space exceeded",
        ..USUAL
    },
    Collector {
        id: "memcached-settings",
        categories: &[Databases],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/memcached.conf /etc/sysconfig/memcached",
        when: &[When::Program("memcached")],
        value: 6,
        why: "memory, connections and address of memcached",
        ..USUAL
    },
    Collector {
        id: "database-processes",
        categories: &[Databases],
        command: "ps -C mysqld,mariadbd,mongod,redis-server,beam.smp,memcached,etcd,clickhouse-serv -o \
                  pid,user,stat,nlwp,rss,pcpu,lstart,comm",
        when: &[When::Program("vmstat")],
        why: "servers of databases and queues: since when, how much memory",
        ..USUAL
    },
    Collector {
        id: "database-journal",
        categories: &[Databases],
        command: "journalctl -u postgresql -u mysql -u mysqld -u mariadb -u redis -u redis-server -u mongod -u \
                  rabbitmq-server -u memcached -n 300 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 6,
        timeout_s: 20,
        why: "starts, stops and failures of databases and queues",
        ..USUAL
    },
];
