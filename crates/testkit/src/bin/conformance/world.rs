//! A tenant with people and relying parties, made over the command line and the pages, as an administrator
//! and the people themselves would.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::back::BackChannel;
use crate::browser::{Browser, Device, Landed, Person};
use crate::page::between;
use crate::server::Server;
use crate::signer::Signer;
use crate::verdict::{Verdict, there};
use crate::wire::{Answer, Request, Wire};

/// What the server is called outside.
pub const ISSUER: &str = "https://id.acme.example";
/// Whoever signs in with a password alone.
pub const ANA: usize = 0;
/// Whoever has a device with codes as well: one for each plan, because a code counts once.
pub const WITH_DEVICES: [usize; 2] = [1, 2];

const PEOPLE: [(&str, &str); 3] = [("ana", "Ana"), ("bo", "Bo"), ("cem", "Cem")];
const PARTIES: [&str; 8] = [
    "basic", "second", "post", "rs256", "strong", "leaving", "framed", "begun",
];
const PASSWORD: &str = "correct horse battery staple";

/// A relying party.
pub struct Party {
    /// Its `client_id`.
    pub id: &'static str,
    /// Its secret.
    pub secret: String,
    /// Whether it sends that in the body (`client_secret_post`).
    pub posts: bool,
    /// Whether its tokens are bound to a key.
    pub is_bound: bool,
    /// Where it is answered, of one that has registered itself.
    pub place: Option<String>,
    /// Whether its ID tokens are signed with RS256, rather than ES256.
    pub rs256: bool,
}

impl Party {
    /// Where it is answered.
    pub fn redirect_uri(&self) -> String {
        match &self.place {
            Some(place) => place.clone(),
            None => format!("https://{}.rp.example/cb", self.id),
        }
    }
}

/// The tenant, and the way to it.
pub struct World {
    pub wire: Wire,
    pub people: Vec<Person>,
    pub parties: BTreeMap<&'static str, Party>,
    pub back: BackChannel,
    /// Clients of FAPI 2.0, with their keys: two that ask plainly, and two that sign what they ask.
    pub signers: [Signer; 4],
    /// A token with which clients may register themselves.
    pub access: String,
    /// What the server says of itself, read once (OpenID Connect Discovery 1.0 §4).
    pub metadata: Value,
    server: Server,
}

impl World {
    /// Makes all of it.
    ///
    /// # Errors
    /// A text for people.
    pub fn new() -> Result<Self, String> {
        let server = Server::start(ISSUER)?;
        let back = BackChannel::listen().map_err(|e| e.to_string())?;
        let signers = [
            Signer::new("fapi")?,
            Signer::new("fapi-second")?,
            Signer::new("signing")?,
            Signer::new("signing-second")?,
        ];
        let text = include_str!("documents.yaml");
        let documents = documents(text, back.port, &signers);
        let [documents, _] = server.file("documents", "all.yaml", &documents)?;
        let rows = PEOPLE.map(|(name, given)| {
            format!("{name},{given},Ng,{name}@acme.example,+49 30 1234567,2020-01-01,\n")
        });
        let file = format!("id,given,family,email,phone,starts,ends\n{}", rows.concat());
        let [_, file] = server.file("people", "people.csv", &file)?;
        let path = |path: &std::path::Path| path.display().to_string();
        server.run(&["config", "push", &path(&documents), "--reason", "T-1"])?;
        server.run(&["hr", "import", &path(&file), "--source", "hr"])?;
        let parties = parties(&server, &signers)?;
        let wire = Wire {
            server: server.address,
            base: ISSUER.to_owned(),
            meddler: None,
        };
        let mut people = Vec::new();
        for (number, (name, _)) in PEOPLE.iter().enumerate() {
            let login = format!("{name}@acme.example");
            let made = server.run(&["sign-in", "pass", &login, "--reason", "T-3"])?;
            let with_device = WITH_DEVICES.contains(&number);
            let enrolled = enrol(&wire, &login, &secret(&made)?, with_device);
            let why = |failed| format!("{login} cannot enrol: {failed:?}");
            people.push(enrolled.map_err(why)?);
        }
        let place = format!("{ISSUER}/.well-known/openid-configuration");
        let metadata = wire
            .ask(Request::get(&place))
            .and_then(|answer| answer.json());
        let metadata = metadata.map_err(|failed| format!("{failed:?}"))?;
        Ok(Self {
            wire,
            people,
            parties,
            back,
            signers,
            access: access(&server)?,
            metadata,
            server,
        })
    }
}

impl World {
    /// Runs a command as the tenant's administrator; the rows that it prints.
    ///
    /// # Errors
    /// What it said, if it failed.
    pub fn run(&self, words: &[&str]) -> Result<Vec<Value>, String> {
        self.server.run(words)
    }

    /// What is said to an administrator who would put this in force; nothing where it would be taken.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn refuses(&self, documents: &str) -> Result<String, String> {
        let documents = self::documents(documents, self.back.port, &self.signers);
        let name = crate::proof::random(6)?;
        let [folder, _] = self.server.file(&name, "all.yaml", &documents)?;
        let folder = folder.display().to_string();
        let pushed = ["config", "push", &folder, "--reason", "T-4", "--dry-run"];
        Ok(self.server.run(&pushed).err().unwrap_or_default())
    }
}

/// Documents with what is only known now.
fn documents(text: &str, port: u16, signers: &[Signer]) -> String {
    let known = text.replace("@PORT@", &port.to_string());
    signers.iter().fold(known, |text, signer| {
        text.replace(&format!("@{}@", signer.id), &signer.keys())
    })
}

/// Every relying party, with its secret where it has one.
fn parties(server: &Server, signers: &[Signer]) -> Result<BTreeMap<&'static str, Party>, String> {
    let mut parties = BTreeMap::new();
    for id in PARTIES {
        let made = server.run(&["relying-party", "secret", id, "--reason", "T-2"])?;
        let party = Party {
            id,
            secret: secret(&made)?,
            posts: id == "post",
            is_bound: false,
            place: None,
            rs256: id == "rs256",
        };
        parties.insert(id, party);
    }
    for signer in signers {
        let party = Party {
            id: signer.id,
            secret: String::new(),
            posts: false,
            is_bound: true,
            place: None,
            rs256: false,
        };
        parties.insert(signer.id, party);
    }
    Ok(parties)
}

/// A token with which clients may register themselves.
fn access(server: &Server) -> Result<String, String> {
    let words = ["client-registration", "token", "dynamic", "--uses", "100"];
    let made = server.run(&[&words[..], &["--reason", "T-5"]].concat())?;
    let token = made.first().and_then(|row| row["token"].as_str());
    let token = token.ok_or("no token to register with was made")?;
    Ok(token.to_owned())
}

fn secret(rows: &[Value]) -> Result<String, String> {
    let secret = rows.first().and_then(|row| row["secret"].as_str());
    secret
        .map(str::to_owned)
        .ok_or_else(|| "no secret was made".to_owned())
}

/// Somebody sets up what they sign in with, by a pass that they were handed.
fn enrol(wire: &Wire, login: &str, pass: &str, with_device: bool) -> Verdict<Person> {
    const PAGES: &str = "describe-sign-in.md";
    let mut browser = Browser::new(wire);
    let page = page(browser.open(&format!("{ISSUER}/"))?)?;
    let typed = [("name", login), ("pass", pass)];
    let landed = self::page(browser.submit(&page, "/sign-in/pass", &typed)?)?;
    let typed = [("password", PASSWORD), ("again", PASSWORD)];
    let own = self::page(browser.submit(&landed, "/sign-in/enrol", &typed)?)?;
    there(
        own.body.contains("/sign-out").then_some(()),
        PAGES,
        "their own page",
    )?;
    let mut device = None;
    if with_device {
        let page = self::page(browser.open(&format!("{ISSUER}/factors"))?)?;
        let shown = between(&page.body, "<p class=\"code secret\">", "</p>");
        let made = Device::new(there(shown, PAGES, "a secret for a device")?);
        let code = made.code().map_err(crate::verdict::Failed::silent)?;
        let kept = self::page(browser.submit(&page, "/factors/codes", &[("code", &code)])?)?;
        let printed = kept.body.contains("<ol class=\"printed\">").then_some(());
        there(printed, PAGES, "recovery codes on paper")?;
        device = Some(made);
    }
    Ok(Person {
        name: login.to_owned(),
        password: PASSWORD.to_owned(),
        device,
    })
}

/// The page on which a browser stopped; an address elsewhere is none.
pub fn page(landed: Landed) -> Verdict<Answer> {
    match landed {
        Landed::Page(page) => Ok(page),
        Landed::Away(delivery) => Err(crate::verdict::Failed {
            clause: "describe-sign-in.md",
            expected: "a page of the server".to_owned(),
            came: format!("sent to {}", delivery.place),
        }),
    }
}
