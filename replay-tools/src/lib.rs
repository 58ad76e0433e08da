//! How auditors replay: the parvis-replay command, offline, from a published bundle.
