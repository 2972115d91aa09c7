//! Every route of the real API against every set of scopes.
