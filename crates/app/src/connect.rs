//! The ports that only use-cases know: they speak in documents.

use std::sync::Arc;

use async_trait::async_trait;
use model::Secret;
use model::source::{CsvMapping, Delivery};
use ports::handoff::Paperwork;
use ports::{BackChannel, Channel, Passwords, Target, Upstream};

/// Makes a connection to the target that an app document describes.
#[async_trait]
pub trait Connect: Send + Sync {
    /// Whether the document describes a target at all, as far as can be told without its secret:
    /// asked before documents are accepted, so that a profile nobody knows is refused then.
    ///
    /// # Errors
    /// A text for people.
    fn check(&self, app: &documents::App) -> Result<(), String> {
        let _ = app;
        Ok(())
    }

    /// The target. `secret` is the value that the document's secret name stands for. Opens no
    /// socket yet.
    ///
    /// # Errors
    /// A text for people when the document does not describe a target that can be reached.
    async fn connect(
        &self,
        app: &documents::App,
        secret: Option<Secret>,
    ) -> Result<Arc<dyn Target>, String>;

    /// A channel on which people are told something. `secret` is the value that the document's
    /// secret name stands for, where it names one. Opens no socket yet.
    ///
    /// # Errors
    /// A text for people when the document and the secret do not make a channel.
    fn channel(
        &self,
        channel: &documents::Channel,
        secret: Option<Secret>,
    ) -> Result<Arc<dyn Channel>, String> {
        let _ = (channel, secret);
        Err("this node tells nobody anything".to_owned())
    }

    /// The way to relying parties who are to know that a session has ended; to private addresses only
    /// where `allow_private` says so. Opens no socket yet.
    ///
    /// # Errors
    /// A text for people when there is none.
    fn back_channel(&self, allow_private: bool) -> Result<Arc<dyn BackChannel>, String> {
        let _ = allow_private;
        Err("this node reaches no relying party".to_owned())
    }

    /// The way to identity providers who vouch for people; to private addresses only where `allow_private` says so.
    /// Opens no socket yet.
    ///
    /// # Errors
    /// A text for people when there is none.
    fn upstream(&self, allow_private: bool) -> Result<Arc<dyn Upstream>, String> {
        let _ = allow_private;
        Err("this node reaches no identity provider".to_owned())
    }

    /// The way to metadata of service providers; to private addresses only where `allow_private` says so. Opens no
    /// socket yet.
    ///
    /// # Errors
    /// A text for people when there is none.
    fn metadata(&self, allow_private: bool) -> Result<Arc<dyn Upstream>, String> {
        let _ = allow_private;
        Err("this node reads no metadata".to_owned())
    }

    /// A directory that knows passwords which have not been moved here yet; `secret`: that of the account by which it is
    /// searched. Opens no socket yet.
    ///
    /// # Errors
    /// A text for people when there is none, or the document does not describe one that can be reached.
    fn passwords(
        &self,
        directory: &documents::PasswordDirectory,
        secret: Secret,
    ) -> Result<Arc<dyn Passwords>, String> {
        let _ = (directory, secret);
        Err("this node asks no directory".to_owned())
    }

    /// What writes and reads the files of apps that nobody but their own people can reach; `None`:
    /// this node has no such apps.
    fn paperwork(&self) -> Option<Arc<dyn Paperwork>> {
        None
    }
}

/// Reads an HR file.
pub trait ReadSource: Send + Sync {
    /// Rows and what is wrong with them. Damage refuses the file; it is not an error here.
    fn read(&self, mapping: &CsvMapping, place: &str, bytes: &[u8]) -> Delivery;
}
