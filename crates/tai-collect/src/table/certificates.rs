//! Certificates and TLS.

use crate::Category::{Certificates, Containers, Web};
use crate::{Collector, Cost, Family, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "certificate",
        categories: &[Certificates],
        command: "openssl x509 -noout -subject -issuer -dates -in {certificate}",
        value: 9,
        why: "when the certificate expires, for whom it is and who signed it",
        ..USUAL
    },
    Collector {
        id: "certificate-names",
        categories: &[Certificates],
        command: "openssl x509 -noout -text -certopt no_pubkey,no_sigdump -in {certificate}",
        why: "names, purposes and chain of the certificate: a name that does not match",
        ..USUAL
    },
    Collector {
        id: "certificate-files",
        categories: &[Certificates],
        command: "find /etc/letsencrypt/live /etc/ssl /etc/pki/tls /etc/nginx /etc/apache2 /etc/httpd /etc/haproxy \
                  /etc/postfix /etc/dovecot /etc/kubernetes/pki /etc/docker /etc/ldap /etc/openldap /usr/local/etc \
                  -xdev -maxdepth 4 -path /etc/ssl/certs -prune -o '(' -name '*.crt' -o -name '*.cer' -o -name \
                  '*.pem' ')' -ls",
        when: &[When::Program("stdbuf")],
        as_root: true,
        value: 8,
        cost: Cost::Medium,
        max_kib: 128,
        why: "certificates on the host and when each was written: one that was not renewed",
        ..USUAL
    },
    Collector {
        id: "certbot-log",
        categories: &[Certificates],
        command: "tail -n 200 /var/log/letsencrypt/letsencrypt.log",
        when: &[When::Program("certbot")],
        as_root: true,
        value: 8,
        why: "why the renewal of a certificate failed: challenge, rate limit, DNS",
        ..USUAL
    },
    Collector {
        id: "renewal-journal",
        categories: &[Certificates],
        command: "journalctl -u certbot -u certbot-renew -u snap.certbot.renew -u acme -u lego -u dehydrated -n 200 \
                  -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 7,
        timeout_s: 20,
        why: "whether certificates are renewed, and errors of it",
        ..USUAL
    },
    Collector {
        id: "renewal-settings",
        categories: &[Certificates],
        command: "ls -la --full-time /etc/letsencrypt/renewal /etc/letsencrypt/live",
        when: &[When::Program("certbot")],
        as_root: true,
        value: 6,
        why: "certificates that certbot knows, and when they were renewed",
        ..USUAL
    },
    Collector {
        id: "certificate-journal",
        categories: &[Certificates],
        command: "journalctl -p warning -g 'certificate|x509|ssl_error|handshake fail' -n 200 -o short-iso --no-pager",
        when: &[When::Systemd, When::Program("systemd-id128")],
        value: 7,
        cost: Cost::Medium,
        timeout_s: 20,
        why: "who complains of certificates: expired, unknown authority, name does not match",
        ..USUAL
    },
    Collector {
        id: "nginx-certificates",
        categories: &[Certificates, Web],
        command: "grep -HnsE 'ssl_certificate|ssl_protocols|ssl_ciphers|ssl_trusted|listen .*ssl' \
                  /etc/nginx/nginx.conf /etc/nginx/conf.d/default.conf /etc/nginx/conf.d/ssl.conf \
                  /etc/nginx/sites-enabled/default",
        when: &[When::Program("nginx")],
        value: 7,
        why: "which certificate and protocols nginx uses",
        ..USUAL
    },
    Collector {
        id: "apache-certificates-debian",
        categories: &[Certificates],
        command: "grep -HnsiE 'SSLCertificate|SSLProtocol|SSLCipher|SSLCACert' \
                  /etc/apache2/sites-enabled/default-ssl.conf /etc/apache2/sites-enabled/000-default-le-ssl.conf \
                  /etc/apache2/sites-enabled/000-default.conf /etc/apache2/mods-enabled/ssl.conf",
        when: &[When::Program("apache2")],
        value: 7,
        why: "which certificate and protocols Apache uses (Debian family)",
        ..USUAL
    },
    Collector {
        id: "apache-certificates-redhat",
        categories: &[Certificates],
        command: "grep -HnsiE 'SSLCertificate|SSLProtocol|SSLCipher|SSLCACert' /etc/httpd/conf.d/ssl.conf \
                  /etc/httpd/conf/httpd.conf",
        when: &[When::Program("httpd")],
        value: 7,
        why: "which certificate and protocols Apache uses (Red Hat family)",
        ..USUAL
    },
    Collector {
        id: "haproxy-certificates",
        categories: &[Certificates],
        command: "grep -HnsE 'crt|ssl-default|ca-file' /etc/haproxy/haproxy.cfg",
        when: &[When::Program("haproxy")],
        value: 7,
        why: "which certificates HAProxy uses",
        ..USUAL
    },
    Collector {
        id: "mail-certificates",
        categories: &[Certificates],
        command: "grep -HnsE 'tls.*(cert|CA|protocols|security_level)|ssl_cert' /etc/postfix/main.cf \
                  /etc/dovecot/conf.d/10-ssl.conf",
        why: "which certificates mail servers use",
        ..USUAL
    },
    Collector {
        id: "certificate-snakeoil",
        categories: &[Certificates],
        command: "openssl x509 -noout -subject -issuer -dates -in /etc/ssl/certs/ssl-cert-snakeoil.pem",
        when: &[When::Family(Family::Debian)],
        value: 3,
        why: "the certificate that Debian makes for itself, which services use until told otherwise",
        ..USUAL
    },
    Collector {
        id: "certificate-localhost",
        categories: &[Certificates],
        command: "openssl x509 -noout -subject -issuer -dates -in /etc/pki/tls/certs/localhost.crt",
        when: &[When::Family(Family::Redhat), When::Program("httpd")],
        value: 6,
        why: "the certificate that httpd made for itself, which expires after a year",
        ..USUAL
    },
    Collector {
        id: "certificate-apiserver",
        categories: &[Certificates, Containers],
        command: "openssl x509 -noout -subject -issuer -dates -in /etc/kubernetes/pki/apiserver.crt",
        when: &[When::Program("kubelet")],
        value: 8,
        why: "when the certificate of the Kubernetes API expires: x509, unable to connect to the server",
        ..USUAL
    },
    Collector {
        id: "certificate-kubelet-client",
        categories: &[Certificates, Containers],
        command: "openssl x509 -noout -subject -issuer -dates -in /var/lib/kubelet/pki/kubelet-client-current.pem",
        when: &[When::Program("kubelet")],
        as_root: true,
        value: 8,
        why: "when the kubelet's certificate expires: node not ready, unauthorized",
        ..USUAL
    },
    Collector {
        id: "certificate-apiserver-client",
        categories: &[Certificates, Containers],
        command: "openssl x509 -noout -subject -issuer -dates -in /etc/kubernetes/pki/apiserver-kubelet-client.crt",
        when: &[When::Program("kubelet")],
        value: 6,
        why: "when the API server's certificate for kubelets expires",
        ..USUAL
    },
    Collector {
        id: "certificate-kubernetes-ca",
        categories: &[Certificates, Containers],
        command: "openssl x509 -noout -subject -issuer -dates -in /etc/kubernetes/pki/ca.crt",
        when: &[When::Program("kubelet")],
        value: 4,
        why: "when the authority of the cluster expires",
        ..USUAL
    },
    Collector {
        id: "trusted-authorities",
        categories: &[Certificates],
        command: "ls -la --full-time /etc/ssl/certs/ca-certificates.crt \
                  /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/ssl/ca-bundle.pem \
                  /usr/local/share/ca-certificates /etc/pki/ca-trust/source/anchors",
        why: "authorities that the host trusts, and those it was given: unable to get local issuer certificate",
        ..USUAL
    },
    Collector {
        id: "openssl-version",
        categories: &[Certificates],
        command: "openssl version -a",
        value: 3,
        why: "version of OpenSSL: which protocols it has",
        ..USUAL
    },
    Collector {
        id: "openssl-settings",
        categories: &[Certificates],
        command: "grep -HnsE 'MinProtocol|MaxProtocol|CipherString|Ciphersuites|activate' /etc/ssl/openssl.cnf \
                  /etc/pki/tls/openssl.cnf /etc/crypto-policies/back-ends/opensslcnf.config",
        why: "the lowest protocol and key size that OpenSSL accepts: unsupported protocol, key too small",
        ..USUAL
    },
];
