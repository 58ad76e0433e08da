//! A value that follows from a state, worked out when it is first asked for.
//!
//! Owns the cell alone. It is no part of the state: two states that differ in it are equal, and it is never
//! written. Whoever changes what the value follows from begins a new cell. Used where a digest or an opening
//! takes long: [`crate::campaign`], [`crate::urn`].

use std::fmt;
use std::sync::{Arc, OnceLock};

/// A derived value; clones share it.
pub struct Derived<T>(Arc<OnceLock<T>>);

impl<T> Derived<T> {
    /// The value, worked out now if nobody asked before.
    pub(crate) fn get<E>(&self, work_out: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(known) = self.0.get() {
            return Ok(known);
        }
        let found = work_out()?;
        // Whoever was faster has found the same.
        Ok(self.0.get_or_init(|| found))
    }
}

impl<T> Default for Derived<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Derived<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> PartialEq for Derived<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Derived<T> {}

impl<T> fmt::Debug for Derived<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Derived")
    }
}
