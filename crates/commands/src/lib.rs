//! Who may ask: gather the streams of a command, decide, append, answer with a receipt.
//!
//! Owns the way from a request to the log, and the two seams through which the
//! clock and chance come in. Decides nothing itself (that is `domain`) and never
//! looks at a read model. Look next at [`executor`].

pub mod clock;
pub mod entropy;
pub mod error;
pub mod executor;
mod gather;

pub use clock::Clock;
pub use entropy::Entropy;
pub use error::Error;
pub use executor::{Executor, Receipt, Request};
