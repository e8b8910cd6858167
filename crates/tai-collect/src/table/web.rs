//! Web servers, proxies and what runs behind them.

use crate::Category::{Certificates, Memory, Network, Service, Web};
use crate::{Collector, Family, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "nginx-config",
        categories: &[Service, Web],
        command: "cat /etc/nginx/nginx.conf",
        when: &[When::Program("nginx")],
        value: 7,
        why: "the main configuration of nginx",
        ..USUAL
    },
    Collector {
        id: "nginx-errors",
        categories: &[Service, Web],
        command: "tail -n 500 /var/log/nginx/error.log",
        when: &[When::Program("nginx")],
        as_root: true,
        value: 9,
        why: "what nginx itself complains of",
        ..USUAL
    },
    Collector {
        id: "nginx-errors-before",
        categories: &[Web],
        command: "tail -n 200 /var/log/nginx/error.log.1",
        when: &[When::Program("nginx")],
        as_root: true,
        value: 6,
        why: "what nginx complained of before the log was rotated",
        ..USUAL
    },
    Collector {
        id: "nginx-access",
        categories: &[Web],
        command: "tail -n 300 /var/log/nginx/access.log",
        when: &[When::Program("nginx")],
        as_root: true,
        value: 7,
        why: "requests with their status: 404, 499, 502, 504, from whom",
        ..USUAL
    },
    Collector {
        id: "nginx-sites",
        categories: &[Web],
        command: "ls -laL --full-time /etc/nginx/sites-enabled /etc/nginx/conf.d /etc/nginx/http.d",
        when: &[When::Program("nginx")],
        value: 6,
        why: "sites of nginx: a link that leads nowhere, what was changed",
        ..USUAL
    },
    Collector {
        id: "nginx-default-site",
        categories: &[Service, Web],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/nginx/sites-enabled/default /etc/nginx/conf.d/default.conf \
                  /etc/nginx/http.d/default.conf",
        when: &[When::Program("nginx")],
        value: 6,
        why: "the default site of nginx: listen, root, proxy_pass, upstream",
        ..USUAL
    },
    Collector {
        id: "apache-errors-debian",
        categories: &[Service, Web],
        command: "tail -n 500 /var/log/apache2/error.log",
        when: &[When::Program("apache2")],
        as_root: true,
        value: 9,
        why: "what Apache complains of (Debian family, Alpine)",
        ..USUAL
    },
    Collector {
        id: "apache-errors-debian-before",
        categories: &[Web],
        command: "tail -n 200 /var/log/apache2/error.log.1",
        when: &[When::Program("apache2")],
        as_root: true,
        value: 6,
        why: "what Apache complained of before the log was rotated (Debian family)",
        ..USUAL
    },
    Collector {
        id: "apache-access-debian",
        categories: &[Web],
        command: "tail -n 300 /var/log/apache2/access.log",
        when: &[When::Program("apache2")],
        as_root: true,
        value: 6,
        why: "requests to Apache with their status (Debian family)",
        ..USUAL
    },
    Collector {
        id: "apache-settings-debian",
        categories: &[Service, Web],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/apache2/apache2.conf /etc/apache2/ports.conf \
                  /etc/apache2/envvars /etc/apache2/sites-enabled/000-default.conf \
                  /etc/apache2/mods-enabled/mpm_event.conf /etc/apache2/mods-enabled/mpm_prefork.conf",
        when: &[When::Program("apache2")],
        value: 7,
        why: "settings of Apache: ports, default site, workers (Debian family)",
        ..USUAL
    },
    Collector {
        id: "apache-sites-debian",
        categories: &[Web],
        command: "ls -laL --full-time /etc/apache2/sites-enabled /etc/apache2/mods-enabled /etc/apache2/conf-enabled",
        when: &[When::Program("apache2")],
        why: "sites and modules of Apache that are enabled (Debian family)",
        ..USUAL
    },
    Collector {
        id: "apache-errors-redhat",
        categories: &[Service, Web],
        command: "tail -n 500 /var/log/httpd/error_log",
        when: &[When::Program("httpd"), When::NoProgram("apk")],
        as_root: true,
        value: 9,
        why: "what Apache complains of (Red Hat family, Arch)",
        ..USUAL
    },
    Collector {
        id: "apache-tls-errors-redhat",
        categories: &[Web, Certificates],
        command: "tail -n 200 /var/log/httpd/ssl_error_log",
        when: &[When::Program("httpd"), When::Family(Family::Redhat)],
        as_root: true,
        value: 7,
        why: "what Apache complains of on TLS sites (Red Hat family)",
        ..USUAL
    },
    Collector {
        id: "apache-access-redhat",
        categories: &[Web],
        command: "tail -n 300 /var/log/httpd/access_log",
        when: &[When::Program("httpd"), When::NoProgram("apk")],
        as_root: true,
        value: 6,
        why: "requests to Apache with their status (Red Hat family, Arch)",
        ..USUAL
    },
    Collector {
        id: "apache-settings-redhat",
        categories: &[Service, Web],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/httpd/conf/httpd.conf /etc/httpd/conf.modules.d/00-mpm.conf",
        when: &[When::Program("httpd"), When::NoProgram("apk")],
        value: 7,
        why: "settings of Apache: ports, modules, workers, document root (Red Hat family, Arch)",
        ..USUAL
    },
    Collector {
        id: "apache-sites-redhat",
        categories: &[Web],
        command: "ls -la --full-time /etc/httpd/conf.d /etc/httpd/conf.modules.d",
        when: &[When::Program("httpd"), When::Family(Family::Redhat)],
        why: "sites and modules of Apache (Red Hat family)",
        ..USUAL
    },
    Collector {
        id: "apache-errors-suse",
        categories: &[Service, Web],
        command: "tail -n 500 /var/log/apache2/error_log",
        when: &[When::Family(Family::Suse), When::Program("apachectl")],
        as_root: true,
        value: 9,
        why: "what Apache complains of (SUSE)",
        ..USUAL
    },
    Collector {
        id: "apache-settings-suse",
        categories: &[Service, Web],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/apache2/httpd.conf /etc/apache2/listen.conf \
                  /etc/sysconfig/apache2",
        when: &[When::Family(Family::Suse), When::Program("apachectl")],
        value: 7,
        why: "settings of Apache: ports and modules (SUSE)",
        ..USUAL
    },
    Collector {
        id: "apache-errors-alpine",
        categories: &[Service, Web],
        command: "tail -n 500 /var/log/apache2/error.log",
        when: &[When::Family(Family::Alpine), When::Program("httpd")],
        as_root: true,
        value: 9,
        why: "what Apache complains of (Alpine)",
        ..USUAL
    },
    Collector {
        id: "haproxy-settings",
        categories: &[Service, Web],
        command: "grep -HsvE '^[[:space:]]*(#|$)|stats auth|password' /etc/haproxy/haproxy.cfg",
        when: &[When::Program("haproxy")],
        as_root: true,
        value: 8,
        why: "front ends, back ends, checks and timeouts of HAProxy",
        ..USUAL
    },
    Collector {
        id: "haproxy-log",
        categories: &[Service, Web],
        command: "tail -n 300 /var/log/haproxy.log",
        when: &[When::Program("haproxy")],
        as_root: true,
        value: 9,
        why: "requests through HAProxy with termination state: server is DOWN, no server available, 503",
        ..USUAL
    },
    Collector {
        id: "php-fpm-errors",
        categories: &[Web, Service],
        command: "grep -HsE 'WARNING|ERROR|ALERT|CRITICAL|max_children' /var/log/php7.4-fpm.log \
                  /var/log/php8.1-fpm.log /var/log/php8.2-fpm.log /var/log/php8.3-fpm.log /var/log/php8.4-fpm.log \
                  /var/log/php-fpm/error.log /var/log/php-fpm/www-error.log /var/log/php-fpm.log",
        as_root: true,
        value: 7,
        max_kib: 256,
        why: "what PHP-FPM complains of: server reached max_children, child exited on signal",
        ..USUAL
    },
    Collector {
        id: "php-fpm-pools",
        categories: &[Web],
        command: "grep -HsE '^(listen|pm|request_|slowlog|user|group|rlimit|php_admin_value.memory)' \
                  /etc/php/7.4/fpm/pool.d/www.conf /etc/php/8.1/fpm/pool.d/www.conf /etc/php/8.2/fpm/pool.d/www.conf \
                  /etc/php/8.3/fpm/pool.d/www.conf /etc/php/8.4/fpm/pool.d/www.conf /etc/php-fpm.d/www.conf \
                  /etc/php/php-fpm.d/www.conf",
        value: 6,
        why: "where PHP-FPM listens and how many children it may have",
        ..USUAL
    },
    Collector {
        id: "lighttpd-errors",
        categories: &[Service, Web],
        command: "tail -n 300 /var/log/lighttpd/error.log",
        when: &[When::Program("lighttpd")],
        as_root: true,
        value: 9,
        why: "what lighttpd complains of",
        ..USUAL
    },
    Collector {
        id: "lighttpd-settings",
        categories: &[Service, Web],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/lighttpd/lighttpd.conf",
        when: &[When::Program("lighttpd")],
        value: 6,
        why: "settings of lighttpd",
        ..USUAL
    },
    Collector {
        id: "squid-log",
        categories: &[Web, Network],
        command: "tail -n 200 /var/log/squid/cache.log",
        when: &[When::Program("squid")],
        as_root: true,
        value: 8,
        why: "what Squid complains of",
        ..USUAL
    },
    Collector {
        id: "squid-access",
        categories: &[Web, Network],
        command: "tail -n 200 /var/log/squid/access.log",
        when: &[When::Program("squid")],
        as_root: true,
        value: 6,
        why: "requests through Squid: TCP_DENIED, 503, how long",
        ..USUAL
    },
    Collector {
        id: "squid-settings",
        categories: &[Web, Network],
        command: "grep -HsvE '^[[:space:]]*(#|$)|password' /etc/squid/squid.conf",
        when: &[When::Program("squid")],
        as_root: true,
        value: 6,
        why: "rules and ports of Squid",
        ..USUAL
    },
    Collector {
        id: "varnish-counters",
        categories: &[Web],
        command: "varnishstat -1",
        as_root: true,
        value: 6,
        timeout_s: 10,
        why: "hits, fetches that failed, threads of Varnish",
        ..USUAL
    },
    Collector {
        id: "tomcat-log",
        categories: &[Service, Web],
        command: "tail -n 400 /var/log/tomcat/catalina.out",
        when: &[When::Unit("tomcat")],
        as_root: true,
        value: 9,
        why: "what Tomcat says: exceptions, OutOfMemoryError, deployment (Red Hat family)",
        ..USUAL
    },
    Collector {
        id: "tomcat9-log",
        categories: &[Service, Web],
        command: "tail -n 400 /var/log/tomcat9/catalina.out",
        when: &[When::Unit("tomcat9")],
        as_root: true,
        value: 9,
        why: "what Tomcat 9 says: exceptions, OutOfMemoryError, deployment (Debian family)",
        ..USUAL
    },
    Collector {
        id: "tomcat10-log",
        categories: &[Service, Web],
        command: "tail -n 400 /var/log/tomcat10/catalina.out",
        when: &[When::Unit("tomcat10")],
        as_root: true,
        value: 9,
        why: "what Tomcat 10 says: exceptions, OutOfMemoryError, deployment (Debian family)",
        ..USUAL
    },
    Collector {
        id: "java-processes",
        categories: &[Web, Service, Memory],
        command: "ps -C java -o pid,user,nlwp,rss,pcpu,lstart,args",
        when: &[When::Program("vmstat"), When::Program("java")],
        value: 7,
        why: "Java programs with their heap limits (-Xmx) and since when they run",
        ..USUAL
    },
    Collector {
        id: "web-processes",
        categories: &[Web],
        command: "ps -C nginx,apache2,httpd,haproxy,php-fpm,lighttpd,caddy,traefik,varnishd,squid,gunicorn,uwsgi,node \
                  -o pid,ppid,user,stat,rss,pcpu,lstart,args",
        when: &[When::Program("vmstat")],
        max_kib: 256,
        why: "workers of web servers: how many, since when, whether a master is missing",
        ..USUAL
    },
    Collector {
        id: "web-root",
        categories: &[Web],
        command: "ls -la /var/www /var/www/html /srv/www /srv/http",
        value: 4,
        why: "owners and modes of the documents: 403 forbidden, index missing",
        ..USUAL
    },
];
