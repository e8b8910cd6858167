//! Secrets in the places where they are met. What is in `⟨⟩` is made anew, and none of it may be left.

use tai_redact::{Redactor, Secrets};

use crate::corpus::Maker;

const TEMPLATES: &str = r#"
AWS_ACCESS_KEY_ID=AKIA⟨u16⟩
export AWS_SECRET_ACCESS_KEY=⟨b40⟩
aws_secret_access_key = ⟨b40⟩
"SecretAccessKey": "⟨b40⟩",
aws_session_token=⟨b200⟩
AKIA⟨u16⟩,⟨b40⟩
  credential AKIA⟨u16⟩ ⟨b40⟩ ok
GET /?X-Amz-Credential=ASIA⟨u16⟩/20260504/eu-west-1/s3/aws4_request&X-Amz-Signature=⟨h64⟩ HTTP/1.1
May 04 10:00:01 web1 app[12]: using token ghp_⟨a36⟩
remote: https://ghp_⟨a36⟩@github.com/acme/shop.git
gho_⟨a36⟩
github_pat_⟨a22⟩_⟨a59⟩
GITHUB_TOKEN: ghs_⟨a36⟩
glpat-⟨w20⟩
url = https://gitlab-ci-token:⟨w20⟩@gitlab.acme.example/shop.git
registration token GR1348941⟨w20⟩
SLACK_BOT_TOKEN=xoxb-123456789012-123456789012-⟨a24⟩
slack: xoxp-123456789012-⟨a24⟩ used
https://hooks.slack.com/services/T01234567/B01234567/⟨a24⟩
curl -X POST https://discord.com/api/webhooks/123456789012345678/⟨w68⟩
https://acme.webhook.office.com/webhookb2/⟨h32⟩/IncomingWebhook/⟨h32⟩
stripe.api_key = "sk_live_⟨a24⟩"
rk_test_⟨a24⟩
STRIPE_WEBHOOK=whsec_⟨a32⟩
//registry.example/:_authToken=npm_⟨a36⟩
//registry.example/:_auth=⟨b32⟩
  "npm": npm_⟨a36⟩
password = pypi-AgEI⟨w80⟩
HF_TOKEN=hf_⟨a34⟩
loading with hf_⟨a34⟩ from hub
OPENAI_API_KEY=sk-⟨a48⟩
openai: sk-proj-⟨w48⟩ rejected
sk-ant-api03-⟨w80⟩
doctl auth init -t dop_v1_⟨h64⟩
vault login hvs.⟨w90⟩
X-Vault-Token: hvs.⟨w30⟩
https://api.telegram.org/bot123456789:AA⟨w33⟩/sendMessage
TELEGRAM=987654321:AA⟨w33⟩
TWILIO_AUTH_TOKEN=⟨h32⟩
twilio: SK⟨h32⟩ created
SENDGRID_API_KEY=SG.⟨w22⟩.⟨w43⟩
smtp user apikey SG.⟨w22⟩.⟨w43⟩ sent
key=AIza⟨w35⟩
GET /maps/api/js?key=AIza⟨w35⟩&v=3
ya29.⟨w60⟩
client_secret: GOCSPX-⟨w28⟩
AZURE_CLIENT_SECRET=⟨w40⟩
abc8Q~⟨a34⟩
DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=⟨b86⟩==;EndpointSuffix=core.windows.net
Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=⟨b43⟩=
https://acme.blob.core.windows.net/c/b?sv=2022-11-02&sr=b&sig=⟨a43⟩%3D
shpat_⟨h32⟩
dckr_pat_⟨w27⟩
ATATT3xFfGF0⟨w60⟩
glsa_⟨a32⟩_⟨h8⟩
lin_api_⟨a40⟩
dapi⟨h32⟩
rubygems_⟨h48⟩
Authorization: Bearer ⟨a40⟩
authorization: bearer ⟨w43⟩
-H "Authorization: Bearer ⟨w43⟩" https://api.acme.example/v1
{"headers":{"Authorization":"Bearer ⟨a30⟩"}}
Proxy-Authorization: Basic ⟨b24⟩
Authorization: Basic ⟨b30⟩
Authorization: token ⟨h40⟩
Authorization: ⟨a40⟩
Authorization: ApiKey ⟨b60⟩
Authorization: Digest username="ann", realm="r", nonce="n", uri="/", response="⟨h32⟩"
X-Api-Key: ⟨a32⟩
x-auth-token: ⟨h32⟩
PRIVATE-TOKEN: ⟨w20⟩
{"Authorization": ["Splunk ⟨h32⟩"], "n": 1}
eyJ⟨a30⟩.eyJ⟨a60⟩.⟨w43⟩
token=eyJ⟨a30⟩.eyJ⟨a60⟩.⟨w43⟩
GET /login?jwt=eyJ⟨a30⟩.eyJ⟨a60⟩.⟨w43⟩ 200
postgres://shop:⟨a16⟩@db1:5432/shop
DATABASE_URL=mysql2://root:⟨p16⟩@10.0.0.5/shop?pool=5
redis://:⟨a20⟩@cache:6379/0
amqp://guest:⟨a12⟩@mq//
mongodb+srv://ann:⟨a14⟩@cluster0.example.net/test?retryWrites=true
connecting to ftp://ann:⟨a10⟩@files.acme.example/
SENTRY_DSN=https://⟨h32⟩@o1.ingest.sentry.example/42
https://⟨a20⟩:@api.stripe.example/v1
smtp://ann%40acme.example:⟨a12⟩@mail:587
jdbc:postgresql://db/shop?user=ann&password=⟨a14⟩&ssl=true
jdbc:sqlserver://db;databaseName=shop;user=sa;password=⟨p16⟩;encrypt=true
Server=db;Database=shop;User Id=sa;Password=⟨p16⟩;TrustServerCertificate=True
host=db user=shop password=⟨p14⟩ dbname=shop sslmode=require
primary_conninfo = 'host=db2 user=rep password=⟨a14⟩ port=5432'
DB_PASSWORD=⟨p16⟩
DB_PASSWORD="⟨p16⟩"
export PGPASSWORD='⟨p16⟩'
PGPASSWORD=⟨p12⟩ psql -h db1 -U shop
MYSQL_PWD=⟨a12⟩ mysqldump shop
MYSQL_ROOT_PASSWORD: ⟨p12⟩
      - POSTGRES_PASSWORD=⟨p12⟩
            "MYSQL_PASSWORD=⟨p16⟩",
Environment="API_TOKEN=⟨a32⟩" "LOG=info"
Environment=SECRET_KEY_BASE=⟨h64⟩
password=⟨l9⟩
password = ⟨a12⟩
password: ⟨p12⟩
Password: ⟨a10⟩
passwd: ⟨p11⟩
pwd=⟨p10⟩;
passphrase = ⟨l5⟩ ⟨l6⟩ ⟨l7⟩ ⟨l5⟩
user=ann, password=⟨p12⟩, host=db
login failed (user=ann password=⟨a12⟩)
connecting with user: ann password: ⟨a12⟩
    db_password: "⟨p16⟩"
spring.datasource.password=⟨a12⟩
spring.datasource.hikari.password: ⟨a12⟩
{"user":"ann","password":"⟨p16⟩"}
{"password": "⟨a8⟩ with \"⟨a6⟩\" inside", "n": 1}
May 04 10:00:00 web1 app: body={\"user\":\"ann\",\"password\":\"⟨a12⟩\"}
{'user': 'ann', 'passwd': '⟨a12⟩'}
{"apiKey":"⟨a32⟩","secretKey":"⟨a40⟩"}
"client_secret" : "⟨w40⟩"
"refresh_token":"⟨w60⟩","expires_in":3600
"accessToken": "⟨w40⟩"
<password>⟨a12⟩</password>
<Password type="PasswordText">⟨a12⟩</Password>
<ns:apiKey>⟨a32⟩</ns:apiKey>
<add key="ApiSecret" value="⟨a24⟩"/>
<property name="javax.persistence.jdbc.password" value="⟨a12⟩"/>
<name>fs.s3a.secret.key</name><value>⟨b40⟩</value>
<datasource user="ann" password="⟨a12⟩" url="x"/>
- name: DB_PASSWORD\n  value: ⟨a14⟩
{"name":"API_TOKEN","value":"⟨a32⟩"}
"Name": "STRIPE_SECRET",\n            "Value": "⟨a32⟩"
<name>javax.jdo.option.ConnectionPassword</name>\n    <value>⟨a12⟩</value>
app --user ann --password ⟨p12⟩ --host db
app --password=⟨p12⟩
app --db-password "⟨p12⟩"
ann  991  0.0 java -Dpassword=⟨a12⟩ -jar shop.jar
keytool -list -keystore ks -storepass ⟨a12⟩
mysql -u root -p⟨a12⟩ -h db shop
root 77 mysqldump --single-transaction -uroot -p⟨p12⟩ shop
sshpass -p ⟨a12⟩ ssh ann@web1
sshpass -p '⟨p12⟩' scp x y
redis-cli -h cache -a ⟨a20⟩ info
requirepass ⟨a20⟩
masterauth ⟨a20⟩
curl -u ann:⟨a14⟩ https://api.acme.example/
curl --user 'ann:⟨a14⟩' -s https://x
docker login -u ann -p ⟨a20⟩ registry.acme.example
ldapsearch -x -D cn=admin,dc=acme -w ⟨a12⟩ -b dc=acme
snmpwalk -v2c -c ⟨a10⟩ 10.0.0.1 sysDescr
rocommunity ⟨a10⟩ 10.0.0.0/8
com2sec monitoring default ⟨a10⟩
snmp-server community ⟨a10⟩ RO
community=⟨a10⟩
createUser ann SHA "⟨a12⟩" AES "⟨a12⟩"
smbclient //files/share -U ann%⟨a12⟩
username=ann,password=⟨a12⟩,vers=3.0
echo "ann:⟨a12⟩" | chpasswd
echo ⟨a12⟩ | passwd --stdin ann
htpasswd -b /etc/nginx/.htpasswd ann ⟨a12⟩
openssl rsa -in k.enc -passin pass:⟨a12⟩
rabbitmqctl add_user shop ⟨a12⟩
CREATE USER 'shop'@'%' IDENTIFIED BY '⟨p12⟩';
ALTER ROLE shop WITH PASSWORD '⟨a12⟩';
machine api.acme.example login ann password ⟨a14⟩
db1:5432:shop:shop:⟨a14⟩
root:$6$⟨a16⟩$⟨a86⟩:19000:0:99999:7:::
ann:$y$j9T$⟨a22⟩$⟨a43⟩:19000:0:99999:7:::
bob:$2b$12$⟨a53⟩
ann:$apr1$⟨a8⟩$⟨a22⟩
$argon2id$v=19$m=65536,t=3,p=4$⟨a22⟩$⟨a43⟩
userPassword: {SSHA}⟨b32⟩
pbkdf2_sha256$260000$⟨a22⟩$⟨b43⟩=
SCRAM-SHA-256$4096:⟨b22⟩==$⟨b43⟩=:⟨b43⟩=
Cookie: sessionid=⟨a32⟩; csrftoken=⟨a32⟩
Set-Cookie: JSESSIONID=⟨u32⟩; Path=/; HttpOnly
cookie: connect.sid=s%3A⟨a32⟩.⟨a43⟩
"Set-Cookie": "session=⟨w60⟩; Secure"
GET /cart;jsessionid=⟨u32⟩ HTTP/1.1
PHPSESSID=⟨l10⟩⟨d6⟩⟨l10⟩
session_id=⟨h32⟩
psk=⟨a16⟩
wpa_passphrase=⟨a14⟩
    wifi-sec.psk: ⟨a16⟩
802-11-wireless-security.psk:⟨a16⟩
   2 host/web1@ACME.EXAMPLE (aes256-cts-hmac-sha1-96)  (0x⟨h64⟩)
keytab: BQIAAAB⟨b80⟩
{"auths":{"registry.acme.example":{"auth":"⟨b44⟩"}}}
    token: ⟨a64⟩
    client-key-data: LS0tLS1CRUdJTi⟨b200⟩
kubeadm join 10.0.0.1:6443 --token ⟨l6⟩.⟨l14⟩42 --discovery-token-ca-cert-hash sha256:00
define('DB_PASSWORD', '⟨p16⟩');
$db_password = '⟨a12⟩';
'password' => '⟨a12⟩',
config["password"] = "⟨a12⟩"
password := "⟨a12⟩"
API key: ⟨a32⟩
Secret access key: ⟨b40⟩
access token = ⟨a32⟩
enable secret 0 ⟨a12⟩
 ip ospf authentication-key 7 ⟨h16⟩
tls-crypt key: ⟨a40⟩
bindpw ⟨a12⟩
rootpw ⟨a12⟩
insecure-password ⟨a12⟩
auth_pass ⟨a8⟩
AUTH PLAIN AGFubg⟨a20⟩
"AUTH" "⟨a20⟩"
AGE-SECRET-KEY-1⟨u58⟩
PrivateKey = ⟨b42⟩0=
PresharedKey = ⟨b42⟩0=
encryption_key: ⟨h64⟩
secret "⟨b42⟩=";
"password":"⟨p16⟩
https://api.acme.example/v1?api_key=⟨h32⟩&q=disk
POST /oauth grant_type=password&username=ann&password=⟨a12⟩&scope=all
grant_type=client_credentials&client_id=shop&client_secret=⟨a40⟩
[DEBUG] Using credentials ann / token=⟨a30⟩
otpauth://totp/acme:ann?secret=⟨u32⟩&issuer=acme
LDAP_BIND_PASSWORD_PROD=⟨a12⟩
SMTP_PASS=⟨a12⟩
smtp_pass: ⟨a12⟩
DJANGO_SECRET_KEY='⟨p50⟩'
dn: cn=admin\nolcRootPW: ⟨a16⟩
ansible_become_pass=⟨a12⟩
ansible_ssh_pass: ⟨p12⟩
r.headers['X-Api-Key'] = '⟨a32⟩'
fly auth: fo1_⟨w43⟩
cargo login cio⟨a32⟩
AKCp8⟨a68⟩
X-JFrog-Art-Api: ⟨a73⟩
nfp_⟨a36⟩
bkua_⟨h40⟩
ntn_⟨a46⟩
dp.pt.⟨a43⟩
CFPAT-⟨w43⟩
eyJhbGciOiJIUzI1NiJ9.⟨w60⟩.⟨w43⟩
  .dockerconfigjson: eyJhdXRocyI6⟨b80⟩
dsn: shop:⟨a14⟩@tcp(db1:3306)/shop?parseTime=true
msg="connecting" dsn="shop:⟨a12⟩@unix(/run/mysqld.sock)/shop"
bind_pw = ⟨a12⟩
ldap_default_authtok = ⟨a12⟩
SSHPASS=⟨p14⟩ sshpass -e ssh web1
erl -sname shop -setcookie ⟨u20⟩
admin password is ⟨p14⟩
root password set to ⟨a12⟩
New password for ann is ⟨a12⟩
A temporary password is generated for root@localhost: ⟨p12⟩
credentials: ann:⟨a14⟩
Unseal Key 3: ⟨b44⟩
etcdctl --user root:⟨a12⟩ get x
http -a ann:⟨a12⟩ https://api.acme.example
lftp -u ann,⟨a12⟩ sftp://files.acme.example
sqlplus shop/⟨a12⟩@ORCL
cqlsh -u cass -p ⟨a12⟩ db1
zip -P ⟨a12⟩ out.zip in
7z a -p⟨a12⟩ out.7z in
echo ⟨a12⟩ | sudo -S systemctl restart nginx
net ads join -U admin%⟨a12⟩
ipa-client-install --principal admin -w ⟨a12⟩ --unattended
aws configure set aws_secret_access_key ⟨b40⟩
user shop on >⟨a16⟩ ~* +@all
ACL SETUSER shop on >⟨a16⟩ allkeys
192.0.2.1 : PSK "⟨a24⟩"
wpa-psk ⟨a14⟩
shared-secret "⟨a20⟩";
AuthLDAPBindPassword "⟨a12⟩"
define('NONCE_SALT', '⟨p64⟩');
enable password ⟨a10⟩
set password ENC ⟨b48⟩
set psksecret ENC ⟨b48⟩
cache_peer p.acme.example parent 3128 0 no-query login=ann:⟨a10⟩
    stats auth admin:⟨a10⟩
Authorization: SSWS ⟨w42⟩
Authorization: GenieKey ⟨h8⟩-⟨h4⟩-⟨h4⟩-⟨h4⟩-⟨h12⟩
"#;

/// Each template filled, with what it was filled with. `\n` parts the lines of one.
fn cases() -> Vec<(String, Vec<String>)> {
    let mut maker = Maker::new(7);
    let fill = |line: &str| maker.fill(&line.replace("\\n", "\n"));
    TEMPLATES.lines().filter(|line| !line.is_empty()).map(fill).collect()
}

#[test]
fn no_secret_is_left() {
    let mut left = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 150, "{}", cases.len());
    for (text, secrets) in &cases {
        let redacted = String::from_utf8(Secrets::default().redact(text.as_bytes())).unwrap();
        // What precedes a signature in a token is no secret by itself.
        if secrets.iter().any(|secret| redacted.contains(secret)) {
            left.push(format!("{text}\n    {redacted}"));
        }
    }
    assert!(left.is_empty(), "{} of {} left:\n{}", left.len(), cases.len(), left.join("\n"));
}

/// The same in a log, a quotation, and a text of several lines.
#[test]
fn no_secret_is_left_in_a_journal() {
    let mut left = Vec::new();
    for (text, secrets) in cases().iter().filter(|(text, _)| !text.contains('\n')) {
        let log = format!("May 04 10:00:00 web1 app[7]: {text}\n2026-05-04T10:00:01+0000 web1 kernel: eth0: link up\n");
        let redacted = String::from_utf8(Secrets::default().redact(log.as_bytes())).unwrap();
        assert!(redacted.ends_with("kernel: eth0: link up\n"), "{redacted}");
        if secrets.iter().any(|secret| redacted.contains(secret)) {
            left.push(text.clone());
        }
    }
    // Forms that are only known as whole lines of their files.
    let of_files = [
        "requirepass",
        "masterauth",
        "rocommunity",
        "bindpw",
        "rootpw",
        "insecure-password",
        "auth_pass",
        "secret \"",
        "db1:5432",
        "passphrase =",
        "wpa-psk",
    ];
    left.retain(|text| !of_files.iter().any(|start| text.starts_with(start)));
    assert!(left.is_empty(), "{} left:\n{}", left.len(), left.join("\n"));
}
