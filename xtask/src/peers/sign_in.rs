//! What people sign in with and to: a browser, and relying parties of others. Tests start them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::install;
use crate::debian;

/// A Python with these has two clients of OpenID Connect, two service providers of SAML, and what drives pages
/// and a browser. The last two are what python3-saml verifies with: they have to fit each other.
const PYTHON: [&str; 8] = [
    "Authlib==1.9.10",
    "idpyoidc==5.0.0",
    "requests==2.34.2",
    "websocket-client==1.9.2",
    "pysaml2==7.5.5",
    "python3-saml==1.16.0",
    "xmlsec==1.3.17",
    "lxml==6.1.3",
];
/// What pysaml2 verifies with.
const XMLSEC: &str = "/usr/bin/xmlsec1";
/// Names of the browser, Debian's first.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const SLAPD: &str = "/usr/sbin/slapd";
const APACHE: &str = "/usr/sbin/apache2";
/// The relying parties in it: of OpenID Connect, and two of SAML.
const MODULES: [&str; 3] = [
    "/usr/lib/apache2/modules/mod_auth_openidc.so",
    "/usr/lib/apache2/modules/mod_auth_mellon.so",
    "/usr/lib/apache2/modules/mod_shib.so",
];
/// The daemon of the last one, which comes with it.
const SHIBD: &str = "/usr/sbin/shibd";
const PHP: &str = "/usr/bin/php";
/// A service provider of SAML that PHP runs.
const SIMPLESAMLPHP: &str = "/usr/share/simplesamlphp/www/module.php";

/// Installs what is missing; what tests are told of it.
pub(super) fn parts(home: &Path) -> Result<Vec<(String, String)>, String> {
    xmlsec()?;
    let python = install::python(home, "sign-in", &PYTHON)?.join("python");
    let client = install::node(home, "openid-client", &["openid-client@6.9.0"])?;
    let node_saml = install::node(home, "node-saml", &["@node-saml/node-saml@5.1.0"])?;
    let provider = install::node(home, "oidc-provider", &["oidc-provider@9.13.3"])?;
    let told = [
        ("TENURE_PEER_OIDC_PROVIDER", provider),
        ("TENURE_PEER_SIGN_IN", python),
        ("TENURE_PEER_OPENID_CLIENT", client),
        ("TENURE_PEER_CHROMIUM", chromium()?),
        ("TENURE_PEER_APACHE", apache()?),
        ("TENURE_PEER_SHIBD", SHIBD.into()),
        ("TENURE_PEER_NODE_SAML", node_saml),
        ("TENURE_PEER_SIMPLESAMLPHP", simplesamlphp()?),
        ("TENURE_PEER_SLAPD", slapd()?),
    ];
    let told = told.map(|(name, path)| (name.to_owned(), path.display().to_string()));
    Ok(told.into())
}

fn chromium() -> Result<PathBuf, String> {
    if let Some(found) = chromium_here() {
        return Ok(found);
    }
    debian::install(&["chromium"])?;
    chromium_here().ok_or_else(|| "chromium is installed, but does not run".to_owned())
}

fn chromium_here() -> Option<PathBuf> {
    let runs = |name: &&str| {
        let said = Command::new(name).arg("--version").output();
        said.is_ok_and(|said| said.status.success())
    };
    BROWSERS.iter().find(|name| runs(name)).map(PathBuf::from)
}

/// OpenLDAP. Its program alone: no service is made of it.
fn slapd() -> Result<PathBuf, String> {
    let here = || Path::new(SLAPD).is_file();
    if !here() {
        debian::install(&["slapd"])?;
    }
    match here() {
        true => Ok(SLAPD.into()),
        false => Err(format!("{SLAPD} is not there, though it was installed")),
    }
}

fn xmlsec() -> Result<(), String> {
    let here = || Path::new(XMLSEC).is_file();
    if !here() {
        debian::install(&["xmlsec1"])?;
    }
    match here() {
        true => Ok(()),
        false => Err(format!("{XMLSEC} is not there, though it was installed")),
    }
}

/// SimpleSAMLphp, and the PHP that runs it. No service is made of it.
fn simplesamlphp() -> Result<PathBuf, String> {
    let here = || {
        [PHP, SIMPLESAMLPHP]
            .into_iter()
            .all(|path| Path::new(path).is_file())
    };
    if !here() {
        debian::install(&["php-cli", "php-xml", "php-mbstring", "simplesamlphp"])?;
    }
    match here() {
        true => Ok(PHP.into()),
        false => Err("SimpleSAMLphp is installed, but PHP or its pages are missing".to_owned()),
    }
}

/// Apache with all relying parties in it. Its program alone: no service is made of it.
fn apache() -> Result<PathBuf, String> {
    let has = |path: &str| Path::new(path).is_file();
    let here = || has(APACHE) && has(SHIBD) && MODULES.into_iter().all(has);
    if !here() {
        debian::install(&[
            "apache2-bin",
            "libapache2-mod-auth-openidc",
            "libapache2-mod-auth-mellon",
            "libapache2-mod-shib",
        ])?;
    }
    match here() {
        true => Ok(APACHE.into()),
        false => {
            let lacks = "mod_auth_openidc, mod_auth_mellon or mod_shib";
            Err(format!("Apache is installed, but lacks {lacks}"))
        }
    }
}
