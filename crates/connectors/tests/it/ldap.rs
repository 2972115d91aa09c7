//! Passwords of a directory that is not ours: OpenLDAP.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use connectors::ldap::{Ldap, Settings, Tls};
use model::Secret;
use ports::Passwords as _;

const CONFIG: &str = "
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile @HOME@/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile @HOME@/cert.pem
TLSCertificateKeyFile @HOME@/key.pem
database mdb
suffix \"dc=acme,dc=example\"
rootdn \"cn=admin,dc=acme,dc=example\"
rootpw admin-password
directory @HOME@/db
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact=\"cn=search,dc=acme,dc=example\" read by * none
";

const PEOPLE: &str = "
dn: dc=acme,dc=example
objectClass: dcObject
objectClass: organization
o: Acme
dc: acme

dn: cn=search,dc=acme,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: search
userPassword: search-password

dn: ou=people,dc=acme,dc=example
objectClass: organizationalUnit
ou: people

dn: uid=ana,ou=people,dc=acme,dc=example
objectClass: inetOrgPerson
uid: ana
cn: Ana Ng
sn: Ng
mail: ana@acme.example
userPassword: Winter2026!

dn: cn=Bo \\2B Li\\, jr.,ou=people,dc=acme,dc=example
objectClass: inetOrgPerson
cn: Bo + Li, jr.
sn: Li
mail: bo@acme.example
userPassword: Sommer2026!

dn: uid=one,ou=people,dc=acme,dc=example
objectClass: inetOrgPerson
uid: one
cn: One
sn: Two
mail: both@acme.example
userPassword: same

dn: uid=two,ou=people,dc=acme,dc=example
objectClass: inetOrgPerson
uid: two
cn: Two
sn: Two
mail: both@acme.example
userPassword: same

dn: uid=none,ou=people,dc=acme,dc=example
objectClass: inetOrgPerson
uid: none
cn: None
sn: None
mail: none@acme.example

dn: ou=elsewhere,ou=people,dc=acme,dc=example
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://127.0.0.1:1/dc=acme,dc=example
";

/// A directory that runs until it is dropped.
struct Slapd {
    child: Child,
    home: tempfile::TempDir,
    plain: u16,
    encrypted: u16,
}

impl Slapd {
    /// One with the people above; `None` where the program is not there and need not be.
    fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("TENURE_PEER_SLAPD") else {
            let why =
                "TENURE_PEER_SLAPD is not set: start the peers with `cargo xtask peers start`";
            let required = std::env::var("TENURE_REQUIRE_PEERS").as_deref() == Ok("1");
            assert!(!required, "{why}");
            eprintln!("skipped: {why}");
            return None;
        };
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        std::fs::create_dir(at("db")).unwrap();
        certificate(home.path());
        let config = CONFIG.replace("@HOME@", home.path().to_str().unwrap());
        std::fs::write(at("slapd.conf"), config).unwrap();
        std::fs::write(at("people.ldif"), PEOPLE).unwrap();
        let mut add = Command::new(&program);
        add.args(["-T", "add", "-f"]).arg(at("slapd.conf"));
        let added = add.arg("-l").arg(at("people.ldif")).output().unwrap();
        assert!(added.status.success(), "{added:?}");
        let (plain, encrypted) = (free_port(), free_port());
        let urls = format!("ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{encrypted}");
        let mut serve = Command::new(&program);
        serve.arg("-f").arg(at("slapd.conf"));
        // In the foreground, and saying nothing.
        let serve = serve.args(["-h", &urls, "-d", "0"]).stdin(Stdio::null());
        let child = serve.spawn().unwrap();
        let slapd = Self {
            child,
            home,
            plain,
            encrypted,
        };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", encrypted)).is_err() {
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "slapd does not listen"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(slapd)
    }

    fn settings(&self, tls: Tls) -> Settings {
        let pem = std::fs::read_to_string(self.home.path().join("cert.pem")).unwrap();
        Settings {
            host: "localhost".to_owned(),
            port: match tls {
                Tls::Ldaps => self.encrypted,
                Tls::StartTls => self.plain,
            },
            tls,
            authorities: Some(pem),
            allow_private: true,
            account: (
                "cn=search,dc=acme,dc=example".to_owned(),
                Secret::new("search-password"),
            ),
            base: "ou=people,dc=acme,dc=example".to_owned(),
            attribute: "mail".to_owned(),
            object_class: Some("person".to_owned()),
        }
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

const REQUEST: &str = "[req]
distinguished_name=dn
x509_extensions=v3
prompt=no
[dn]
CN=localhost
[v3]
basicConstraints=critical,CA:FALSE
subjectAltName=DNS:localhost
";

/// A certificate for `localhost` that signs itself.
fn certificate(home: &Path) {
    std::fs::write(home.join("req.conf"), REQUEST).unwrap();
    let made = Command::new("openssl")
        .current_dir(home)
        .args(["req", "-x509", "-config", "req.conf", "-newkey", "ec"])
        .args([
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

async fn asks(settings: Settings, name: &str, password: &str) -> Result<bool, String> {
    let ldap = Ldap::new(settings).unwrap();
    let answered = ldap.is(name, &Secret::new(password)).await;
    answered.map_err(|unreachable| unreachable.to_string())
}

/// A2, A3, A4: the one entry that has the name is bound as, with a password; nothing else counts.
#[tokio::test]
async fn a02_a03_a04_a_password_is_that_of_the_one_entry_with_the_name() {
    let Some(slapd) = Slapd::start() else { return };
    for tls in [Tls::Ldaps, Tls::StartTls] {
        for (name, password, is) in [
            ("ana@acme.example", "Winter2026!", true),
            ("ANA@acme.example", "Winter2026!", true),
            ("bo@acme.example", "Sommer2026!", true),
            ("ana@acme.example", "winter2026!", false),
            ("ana@acme.example", "Sommer2026!", false),
            ("nobody@acme.example", "Winter2026!", false),
            // Without a password every server says yes (RFC 4513 §5.1.2).
            ("ana@acme.example", "", false),
            ("none@acme.example", "", false),
            ("none@acme.example", "x", false),
            ("", "Winter2026!", false),
            // What would be a filter, were it put together as text.
            ("*", "Winter2026!", false),
            ("ana*", "Winter2026!", false),
            ("ana@acme.example)(uid=*", "Winter2026!", false),
            ("x)(|(mail=ana@acme.example)", "Winter2026!", false),
            ("ana@acme.example\0", "Winter2026!", false),
            ("\\2a", "Winter2026!", false),
            // Of two nobody knows which.
            ("both@acme.example", "same", false),
        ] {
            let answered = asks(slapd.settings(tls), name, password).await;
            assert_eq!(answered, Ok(is), "{tls:?} {name} {password}");
        }
    }
}

/// A3: whoever cannot prove to be the directory is told nothing.
#[tokio::test]
async fn a03_a_directory_that_cannot_prove_who_it_is_is_told_nothing() {
    let Some(slapd) = Slapd::start() else { return };
    let asked = |change: fn(&mut Settings, &Slapd)| {
        let mut settings = slapd.settings(Tls::Ldaps);
        change(&mut settings, &slapd);
        asks(settings, "ana@acme.example", "Winter2026!")
    };
    for (what, change) in [
        (
            "another name",
            (|of, _| of.host = "127.0.0.1".to_owned()) as fn(&mut Settings, &Slapd),
        ),
        ("another authority", |of, _| of.authorities = None),
        ("no encryption", |of, slapd| of.port = slapd.plain),
        ("encryption twice", |of, _| of.tls = Tls::StartTls),
        ("a private address", |of, _| of.allow_private = false),
        ("another password of the account", |of, _| {
            of.account.1 = Secret::new("x")
        }),
        ("no password of the account", |of, _| {
            of.account.1 = Secret::new("")
        }),
    ] {
        let refused = asked(change).await.unwrap_err();
        assert!(
            !refused.contains("ana") && !refused.contains("Winter"),
            "{what}: {refused}"
        );
    }
}
