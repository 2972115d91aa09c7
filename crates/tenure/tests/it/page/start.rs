//! Where the pages begin: README.md up to its *Let it happen*. A server runs, a context speaks to it, the
//! documents of `examples/thin` are in force, its workers imported, and what the rules give them applied.

use emulate::{Access, Provider, Serving, Shared, Temperament, serve};

use super::newcomer::free_port;
use super::shell::Shell;
use super::{Places, follow};

/// What the pages call these; each run has its own.
const APP: &str = "127.0.0.1:8090";
const SERVER: &str = "127.0.0.1:8743";
pub const SECRET: &str = "wiki-secret";

/// As README.md types it. Bea, with whom some pages need a second word, has her token from the beginning:
/// it is made on the host, before the server runs.
const SERVED: [&str; 7] = [
    "umask 077",
    "tenure init acme --tenant acme > admin.token",
    "export TENURE_CONFIG=acme/tenure.toml",
    "tenure token create --on-host --principal bea --scope read --scope approve > bea.token",
    "tenure serve 2> acme/serve.log &",
    "tenure context add acme --url http://127.0.0.1:8743 --token-file admin.token",
    "tenure context add bea --url http://127.0.0.1:8743 --token-file bea.token",
];
const IMPORTED: [&str; 3] = [
    "printf wiki-secret | tenure secret set wiki-token --app wiki --host 127.0.0.1:8090 --reason \"first app\"",
    "tenure config push examples/thin --reason \"first rules\"",
    "tenure hr import examples/thin/workers.csv --source hr",
];
const APPLIED: [&str; 2] = [
    "tenure plan || [ $? = 2 ]",
    "tenure apply $(tenure waves --open -o csv --columns wave | tail -n +2) --reason \"first run\"",
];

/// A reader's place, with a shell in it.
pub struct Start {
    /// The app that the example calls `wiki`.
    pub app: Serving,
    pub shell: Shell,
    pub home: tempfile::TempDir,
    places: Places,
}

impl Start {
    /// A server without documents, and the example's files.
    pub async fn served(mood: Temperament) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Provider::new(mood, Access::Bearer(SECRET.to_owned()));
        let app = serve(listener, Shared::new(provider)).unwrap();
        let home = tempfile::tempdir().unwrap();
        let port = free_port();
        let settings = [
            ("TENURE_OUTPUT", "table".to_owned()),
            ("TENURE_LISTEN", format!("127.0.0.1:{port}")),
            ("TENURE_LIMITS_CALLS_PER_SECOND", "100000".to_owned()),
            (
                "TENURE_LIMITS_CALLS_PER_SECOND_OF_ADDRESS",
                "100000".to_owned(),
            ),
        ];
        let shell = Shell::start(home.path(), vec![port], &settings);
        let places = vec![
            (format!("http://{APP}/v2"), app.base_url()),
            (APP.to_owned(), app.address.to_string()),
            (SERVER.to_owned(), format!("127.0.0.1:{port}")),
        ];
        let mut start = Self {
            app,
            shell,
            home,
            places,
        };
        start.examples();
        start.type_in(&SERVED);
        start
    }

    /// The example's documents are in force, and its workers imported; nothing is planned.
    pub async fn imported(mood: Temperament) -> Self {
        let mut start = Self::served(mood).await;
        start.type_in(&IMPORTED);
        start
    }

    /// Everybody has what the rules give them.
    pub async fn applied() -> Self {
        Self::applied_to(Temperament::default()).await
    }

    /// The same, with an app of this kind.
    pub async fn applied_to(mood: Temperament) -> Self {
        let mut start = Self::imported(mood).await;
        start.type_in(&APPLIED);
        start
    }

    /// Every example, as a clone of the repository has it.
    fn examples(&self) {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for directory in std::fs::read_dir(root.join("examples")).unwrap() {
            for file in std::fs::read_dir(directory.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap();
                let parts: Vec<_> = path.iter().rev().take(2).collect();
                let [name, directory] = [parts[0], parts[1]].map(|part| part.to_str().unwrap());
                self.shell
                    .write(&format!("examples/{directory}/{name}"), &self.here(&text));
            }
        }
    }

    fn here(&self, text: &str) -> String {
        let swap = |text: String, (there, here): &(String, String)| text.replace(there, here);
        self.places.iter().fold(text.to_owned(), swap)
    }

    /// Another text of the page that this run needs otherwise.
    pub fn place(&mut self, there: &str, here: &str) {
        self.places.push((there.to_owned(), here.to_owned()));
    }

    /// Types commands that no page shows.
    pub fn type_in(&mut self, commands: &[&str]) {
        for command in commands {
            let command = self.here(command);
            let said = self.shell.run(&command);
            assert_eq!(said.code, 0, "{command}: {}\n{}", said.out, self.log());
        }
    }

    /// Follows this page to its end.
    pub fn follow(&mut self, name: &str) {
        let followed = follow(name, self.places.clone(), &mut self.shell);
        if let Err(problem) = followed {
            panic!("{problem}\nthe server's log:\n{}", self.log());
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("acme/serve.log")).unwrap_or_default()
    }
}
