//! A directory that knows passwords, in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use model::Secret;
use ports::{Passwords, Unreachable};

/// The directory.
#[derive(Default)]
pub struct Directory {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    passwords: BTreeMap<String, String>,
    is_down: bool,
    asked: Vec<String>,
}

impl Directory {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody's password there from now on.
    pub fn knows(&self, name: &str, password: &str) {
        let mut state = self.state();
        state.passwords.insert(name.to_owned(), password.to_owned());
    }

    /// Whether it answers nothing from now on.
    pub fn is_down(&self, down: bool) {
        self.state().is_down = down;
    }

    /// About whom it was asked since the last look.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state().asked)
    }

    /// A way to it.
    #[must_use]
    pub fn way(self: &Arc<Self>) -> Arc<dyn Passwords> {
        Arc::new(Way(Arc::clone(self)))
    }
}

struct Way(Arc<Directory>);

#[async_trait]
impl Passwords for Way {
    async fn is(&self, name: &str, password: &Secret) -> Result<bool, Unreachable> {
        let mut state = self.0.state();
        state.asked.push(name.to_owned());
        if state.is_down {
            return Err(Unreachable("nobody answers".to_owned()));
        }
        let own = state.passwords.get(name);
        Ok(own.is_some_and(|own| own == password.expose()))
    }
}
