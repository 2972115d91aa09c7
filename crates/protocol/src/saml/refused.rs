//! Why a message is refused, with nobody sent anywhere.

use super::binding::BindingError;
use super::signature::SignatureError;
use super::xml::XmlError;

/// Why a message is refused. The person is shown that; nothing goes back to whoever is said to have sent it.
/// Holds nothing of the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It did not come as SAML messages come.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// Its XML is refused.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// Its signature is not believed, or missing where it is demanded.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It is another message than the one that is expected here.
    #[error("the message is no `{0}`: send that one here, and others to their own endpoint")]
    Other(&'static str),
    /// It is of another version of SAML.
    #[error("the message is not of SAML 2.0: send one that is (SAML Core 3.2.1)")]
    Version,
    /// Something that must be there is not.
    #[error("the message has no `{0}`: send it with one")]
    Missing(&'static str),
    /// Something is not what it must be.
    #[error("`{0}` of the message is not what it must be: see SAML Core 2.2, 3.2.1 and 3.4.1")]
    Malformed(&'static str),
    /// Something of it is encrypted that is only read in the clear.
    #[error("`{0}` of the message is encrypted: send it in the clear, the message is signed")]
    Encrypted(&'static str),
    /// It is of another sender than the one whose registration it is held to.
    #[error("the message is of another sender than the one that was looked up: look up its issuer")]
    OtherIssuer,
    /// What is registered of the sender has ended.
    #[error("the metadata of the sender has ended: import it anew (SAML Metadata 2.3.2)")]
    Ended,
    /// It is for another place.
    #[error(
        "the message is for another address than the one it came to: send it to the one in our metadata, to the letter (SAML Core 3.2.1)"
    )]
    Destination,
    /// It was made too long ago, or in what is the future here.
    #[error(
        "the message was made too long ago, or the sender's clock is wrong: start again from the app, and set its clock"
    )]
    Time,
    /// It asks for an answer at an address that the sender has not registered.
    #[error(
        "the address that the answer is to go to is not registered for the sender: register it, to the letter (SAML Core 3.4.1)"
    )]
    Consumer,
    /// It names the address in two ways, or in a way that contradicts itself.
    #[error(
        "the message names the address of the answer by index and by URL: send one of them (SAML Core 3.4.1)"
    )]
    ConsumerTwice,
    /// It is for others.
    #[error(
        "the assertion is not for us: register our entity id, to the letter (SAML Core 2.5.1.4)"
    )]
    Audience,
    /// It says that nobody was signed in.
    #[error("the identity provider signed nobody in: see there why")]
    Status,
    /// It answers a message that we have not sent, or that was another's.
    #[error("the message answers another request than the one that was sent: start again")]
    InResponseTo,
}
