//! Why XML is refused.

/// Why XML is refused. Holds nothing of it but names of elements that we ask for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// It is no UTF-8.
    #[error("the XML is not UTF-8: send it in UTF-8")]
    Encoding,
    /// It is longer than any that is taken here.
    #[error("the XML has {0} bytes, more than are taken here: send less")]
    TooLong(usize),
    /// Its elements are nested more deeply than any that are taken here.
    #[error("the XML is nested too deeply: send a plain SAML document")]
    TooDeep,
    /// It has more elements, attributes or namespaces than are taken here.
    #[error("the XML has more {0} than are taken here: send less")]
    TooMany(&'static str),
    /// It has a document type, which could name files and entities.
    #[error(
        "the XML has a document type or another declaration: leave out <!DOCTYPE and what is in it"
    )]
    Doctype,
    /// It has a processing instruction, or a declaration that is not that of XML 1.0 in UTF-8.
    #[error(
        "the XML has a processing instruction, or is not declared as XML 1.0 in UTF-8: leave it out"
    )]
    Instruction,
    /// It has a CDATA section.
    #[error("the XML has a CDATA section: write the text with &lt; and &amp; instead")]
    Cdata,
    /// It is not well-formed, or a prefix is bound to nothing.
    #[error("the XML is not well-formed: send what an XML writer wrote, unchanged")]
    Malformed,
    /// The same ID is there twice: it could not be said which of the two is signed.
    #[error("two elements of the XML have the same ID: give each its own")]
    DuplicateId,
    /// A comment stands within a text, where readers would differ on what the text is.
    #[error("a comment stands within the text of `{0}`: leave it out")]
    Comment(String),
    /// Elements stand where a text is expected.
    #[error("`{0}` holds elements where a text is expected: send a text")]
    NotText(String),
    /// An element is there several times that may be there once.
    #[error("`{0}` is there more than once: send it once")]
    Twice(&'static str),
    /// It could not be brought into its canonical form.
    #[error("the XML has no canonical form: send what an XML writer wrote, unchanged")]
    NotCanonical,
}
