//! How much work a count may take before it is given up.
//!
//! Owns the measure. The frozen rule is counted to its end, whatever it takes; only what somebody asks
//! besides (another rule, what a loser lacked) is bounded. It is counted in steps and never in time, so
//! that the same question ends the same way on every machine.

use crate::Error;

/// The work that is left. A step is one group of voters who voted alike, looked at for one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    left: Option<u64>,
}

impl Patience {
    /// Whatever it takes.
    pub const fn endless() -> Self {
        Self { left: None }
    }

    /// So many steps; a billion of them take in the order of ten seconds.
    pub const fn of(steps: u64) -> Self {
        Self { left: Some(steps) }
    }

    /// Takes so many steps.
    ///
    /// # Errors
    /// `TOO_MUCH_WORK` when there aren't as many left; then none are.
    pub(crate) fn take(&mut self, steps: u64) -> Result<(), Error> {
        let Some(left) = &mut self.left else { return Ok(()) };
        let rest = left.checked_sub(steps);
        *left = rest.unwrap_or(0);
        rest.map(|_| ()).ok_or(Error::TooMuchWork)
    }
}
