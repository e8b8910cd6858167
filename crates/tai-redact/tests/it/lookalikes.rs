//! What looks like a secret and is none: all of it survives.

use tai_redact::{Redactor, Secrets};

use crate::corpus::Maker;

const LINES: &str = r#"
commit ⟨h40⟩
Merge: ⟨h7⟩ ⟨h7⟩
⟨h40⟩ refs/heads/main
HEAD is now at ⟨h7⟩ fix the login token check
⟨h64⟩  debian-12.iso
sha256:⟨h64⟩
Digest: sha256:⟨h64⟩
⟨h32⟩  /boot/vmlinuz
SHA512 (x.tar.gz) = ⟨h128⟩
UUID=⟨h8⟩-⟨h4⟩-4⟨h3⟩-a⟨h3⟩-⟨h12⟩ / ext4 defaults 0 1
request_id=⟨h8⟩-⟨h4⟩-4⟨h3⟩-a⟨h3⟩-⟨h12⟩
_BOOT_ID=⟨h32⟩
INVOCATION_ID=⟨h32⟩
⟨h12⟩   nginx:1.25   "/docker-entrypoint.…"   Up 2 hours
containerd: starting container ⟨h64⟩
/var/lib/docker/overlay2/⟨h64⟩/merged
    link/ether 52:54:00:⟨h2⟩:⟨h2⟩:⟨h2⟩ brd ff:ff:ff:ff:ff:ff
eth0: HWaddr 52:54:00:12:34:56
machine-id: ⟨h32⟩
ETag: "⟨h32⟩"
trace_id=⟨h32⟩ span_id=⟨h16⟩
x-request-id: ⟨h32⟩
etcd: member ⟨h16⟩ started
SHA256:⟨b43⟩ root@web1 (ED25519)
Server host key: ssh-ed25519 SHA256:⟨b43⟩
Accepted publickey for ann from 192.0.2.7 port 50122 ssh2: ED25519 SHA256:⟨b43⟩
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI⟨b43⟩ ann@laptop
web1 ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ⟨b200⟩
data:image/png;base64,iVBORw0KGgo⟨b80⟩
integrity: sha512-⟨b86⟩==
"integrity": "sha512-⟨b86⟩=="
Message-ID: <⟨a30⟩@mail.acme.example>
message body ⟨b76⟩
nonce ⟨h32⟩
password: required
Password: required
token expired
invalid token
error: invalid token: unexpected end of input
SyntaxError: Unexpected token: <
Unexpected token } in JSON at position 42
FATAL:  password authentication failed for user "shop"
FATAL: no pg_hba.conf entry for host "10.0.0.5", user "shop", database "shop"
Accepted password for ann from 192.0.2.7 port 50122 ssh2
Failed password for root from 203.0.113.9 port 41222 ssh2
Failed password for invalid user admin from 203.0.113.9 port 41222 ssh2
pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=root
pam_unix(sshd:session): session opened for user ann(uid=1000) by (uid=0)
pam_unix(passwd:chauthtok): password changed for ann
passwd[123]: password for 'ann' changed by 'root'
passwd[123]: pam_unix(passwd:chauthtok): password changed for ann
sudo:      ann : 1 incorrect password attempt ; TTY=pts/0 ; PWD=/home/ann ; USER=root ; COMMAND=/bin/ls
sudo: pam_unix(sudo:auth): conversation failed
[sudo] password for ann:
ann@web1's password:
Enter passphrase for key '/home/ann/.ssh/id_ed25519':
PWD=/home/ann
OLDPWD=/var/log
password=
password=""
password: ''
password=***
password=********
"password":"********"
password=<redacted>
password: <hidden>
password=xxxxxxxx
password=${DB_PASSWORD}
password: $DB_PASSWORD
password="{{ vault_db_password }}"
password=%DB_PASSWORD%
password = %(db_password)s
password: !vault |
DB_PASSWORD=$(cat /run/secrets/db)
password_file=/run/secrets/db
POSTGRES_PASSWORD_FILE=/run/secrets/postgres
PasswordAuthentication yes
PasswordAuthentication no
#PermitEmptyPasswords no
KbdInteractiveAuthentication no
password        requisite                       pam_pwquality.so retry=3
password    [success=1 default=ignore]      pam_unix.so obscure use_authtok try_first_pass yescrypt
passwd:         files systemd
shadow:         files systemd
passwd: x
root:x:0:0:root:/root:/bin/bash
root:*:19000:0:99999:7:::
daemon:!:19000:0:99999:7:::
Last password change                                    : May 04, 2026
Password expires                                        : never
Password inactive                                       : never
PASS_MAX_DAYS   99999
PASS_MIN_LEN 5
password_encryption = scram-sha-256
auth-user-pass /etc/openvpn/auth.txt
auth = yes
auth_type=basic
AuthType Basic
basic auth enabled for /admin
Bearer authentication required
WWW-Authenticate: Bearer realm="registry", service="registry.acme.example"
WWW-Authenticate: Basic realm="Restricted"
token_type: bearer
"token_type":"Bearer"
"expires_in":3600
token_endpoint: https://sso.acme.example/oauth/token
max_tokens=4096
max_tokens: 4096
tokens: 310
"total_tokens": 1532
next_token=
csrf token missing or incorrect
token: true
useToken: false
secret: none
secret "shop-tls" not found
MountVolume.SetUp failed for volume "tls" : secret "shop-tls" not found
secretName: shop-tls
secretKeyRef:
kind: Secret
type: kubernetes.io/service-account-token
secret/shop-tls created
serviceaccount/default-token-x7k2p
imagePullSecrets: [regcred]
key: value
key=(null)
type=SYSCALL msg=audit(1.2:3): arch=c000003e syscall=257 success=no exit=-13 key="passwd_changes"
type=AVC msg=audit(1.2:3): avc: denied { read } comm="passwd" tcontext=system_u:object_r:passwd_file_t:s0
type=CRYPTO_KEY_USER msg=audit(1.2:3): op=destroy kind=server fp=SHA256:⟨h64⟩
foreign key constraint fails: key: fk_order_user
Duplicate entry 'ann' for key 'users.email'
primary_key: id
partition_key=2026-05-04
cache key: user:42:profile
host_key_algorithms: ssh-ed25519
ssl_certificate_key /etc/nginx/tls/shop.key;
ssl_key_file = '/etc/ssl/private/ssl-cert-snakeoil.key'
key_path: /etc/pki/tls/private/web.key
public_key: ssh-ed25519
api_key_id: 42
apikey: ${API_KEY}
cookie_secure: true
session.cookie_lifetime = 0
net.ipv4.tcp_syncookies = 1
tcp: request_sock_TCP: Possible SYN flooding on port 80. Sending cookies.
systemd-logind[1]: New session 42 of user ann.
systemd[1]: session-42.scope: Deactivated successfully.
session id: 42
Session=42
XDG_SESSION_ID=c1
Server version: 8.0.36 MySQL Community Server - GPL
mysqld: ready for connections. Version: '8.0.36'  socket: '/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL.
bgp community 65000:100
mysql -u root -p shop
mysql -u root -p
mysqldump -p --all-databases
ssh -p 2222 ann@web1
docker run -p 8080:80 nginx
curl -u ann https://api.acme.example/
curl -o out https://files.acme.example/x
git clone https://github.com/acme/shop.git
git remote add origin git@github.com:acme/shop.git
ssh://git@git.acme.example:22/acme/shop.git
http://web1:8080/status?x=1
https://acme.example:8443/a@b
mailto:ann@acme.example
redis://cache:6379/0
postgres://shop@db1:5432/shop
proxy=http://proxy.acme.example:3128/
http://[2001:db8::1]:80/
https://hooks.slack.com/
https://acme.example/path/⟨h40⟩/file
GET /assets/app.⟨h20⟩.js HTTP/1.1
nf_conntrack: table full, dropping packet
-----BEGIN CERTIFICATE-----
-----BEGIN PUBLIC KEY-----
Subject: CN=acme.example
serial=⟨u16⟩
Serial Number: ⟨h2⟩:⟨h2⟩:⟨h2⟩:⟨h2⟩
PKG_CONFIG_PATH=/usr/lib/pkgconfig
keyboard: pc105
KEYMAP=us
keepalive_timeout 65;
hostkey: unknown
monkey: business
turkey=istanbul
net.ipv4.ipfrag_secret_interval = 0
LoadCredential=passwd.hashed-password.root
private_key = $dir/private/cakey.pem
cleartext transmission of the user's password over the network
broken pipe while writing token
task-runner: sk-learn installed
disk-usage: 81%
npm_config_cache=/root/.npm
npm_package_version=1.2.3
ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
AKIAXXXXXXXXXXXXXXXX
sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
rpm: python3-keyring-24.3.0-1.fc39.noarch
ii  libpam-passwdqc  2.0.2-1  amd64  PAM module for password strength policy
ii  gnome-keyring  42.1-1+b2  amd64  GNOME keyring services (daemon and tools)
passwd/stable 1:4.13+dfsg1-1 amd64 [installed]
-rwsr-xr-x 1 root root 68208 Mar 23  2023 /usr/bin/passwd
ExecStart=/usr/bin/app --config /etc/app.conf --token-file /run/app/token
--password-file /run/secrets/db
ConditionPathExists=!/etc/krb5.keytab
KEYTAB=/etc/krb5.keytab
default_keytab_name = FILE:/etc/krb5.keytab
pbkdf2 iterations: 260000
$6 is not a hash
price: $5$ or $6$
cost $2.50
auth required pam_env.so
authentication: failed
auth: disabled
Authorization: failed
authorization: denied
authorization header missing
Authorization: Bearer
"password": null,
"password": false
"passwordHash": null
"password": {
"secrets": [
def login(user, password: str) -> bool:
token: string;
password = getpass.getpass()
self.password = password
connect(user=user, password=password)
if password == confirm:
password = os.environ["DB_PASSWORD"]
const token = process.env.TOKEN;
let secret = config.get("secret");
2026-05-04T10:00:00+0000 web1 CRON[77]: pam_unix(cron:session): session closed for user root
vm.swappiness = 60
kernel: Command line: BOOT_IMAGE=/vmlinuz root=UUID=⟨h8⟩-⟨h4⟩-4⟨h3⟩-a⟨h3⟩-⟨h12⟩ ro quiet
Image ID: ami-0⟨h16⟩
"Id": "sha256:⟨h64⟩",
"Image": "sha256:⟨h64⟩",
pod shop-⟨h9⟩-x7k2p is ready
Nov 20 18:58:31 web1 dbus-daemon[34]: [system] Activating via systemd: service name='org.freedesktop.login1'
(drawn from /dev/urandom) seeded
 [<ffffffff81234567>] ? security_key_alloc+0x10/0x20
kernel: CPU: 0 PID: 77 Comm: keyctl (0x00007f12)
crypto-policies: DEFAULT
TOTAL_TOKENS 12
passphrase is too short
Enter new password: 
Retype new password: 
New password: BAD PASSWORD: The password is shorter than 8 characters
password updated successfully
passwd: password updated successfully
chage: password expiry information changed
The password for ann will expire in 3 days
warning: Using a password on the command line interface can be insecure.
Access denied for user 'root'@'localhost' (using password: YES)
Access denied for user 'root'@'localhost' (using password: NO)
WRONGPASS invalid username-password pair or user is disabled.
NOAUTH Authentication required.
ERR Client sent AUTH, but no password is set
login: token is not valid yet (nbf)
x509: certificate signed by unknown authority
-----END CERTIFICATE-----
passwd:x:0:0:root:/root:/bin/bash
test pass: 42, fail: 0
PASS: test-login.sh
SID=S-1-5-21-3623811015-3361044348-30300820-1013
public key: ⟨b43⟩=
at com.acme.PasswordEncoder.encode(PasswordEncoder.java:33)
arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-⟨a6⟩
password is required
password for ann is expired
password set to expire
sudo -s
http -v https://api.acme.example/health
zip -r out.zip in
user ann on host web1
select 1 on >= 5
login=yes
@tcp(db1:3306)/shop
"#;

fn lines() -> Vec<String> {
    let mut maker = Maker::new(11);
    LINES.lines().filter(|line| !line.is_empty()).map(|line| maker.fill(line).0).collect()
}

#[test]
fn look_alikes_survive() {
    let lines = lines();
    assert!(lines.len() >= 150, "{}", lines.len());
    let check = |text: &str| {
        let redacted = Secrets::default().redact(text.as_bytes());
        (redacted != text.as_bytes()).then(|| format!("{text}\n    {}", String::from_utf8_lossy(&redacted)))
    };
    let mut changed: Vec<String> = lines.iter().filter_map(|line| check(line)).collect();
    changed.extend(lines.iter().filter_map(|line| check(&format!("May 04 10:00:00 web1 app[7]: {line}\n"))));
    assert!(changed.is_empty(), "{} of {} changed:\n{}", changed.len(), lines.len(), changed.join("\n"));
}

/// Certificates and other text in base64 are as long as keys.
#[test]
fn blocks_of_base64_survive() {
    let mut maker = Maker::new(3);
    let body: String = (0..20).map(|_| maker.value("b64") + "\n").collect();
    for text in [
        format!("-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"),
        format!("-----BEGIN PUBLIC KEY-----\n{body}-----END PUBLIC KEY-----\n"),
        format!("{body}-----END CERTIFICATE-----\n"),
        format!("attachment:\n{body}\ndone\n"),
    ] {
        assert_eq!(String::from_utf8_lossy(&Secrets::default().redact(text.as_bytes())), text);
    }
}
