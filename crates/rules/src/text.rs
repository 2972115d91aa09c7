//! Functions on text.
