//! From the codes and keys of an input to the domain's typed ids.

use crate::error::Fault;
use crate::graphql::node::{GlobalId, Kind};
use async_graphql::ID;
use std::str::FromStr;

/// A code of the campaign's configuration (area, theme, department) as a typed id.
pub(crate) fn code<Id: FromStr<Err = domain::InvalidId>>(field: &'static str, text: &str) -> Result<Id, Fault> {
    text.parse().map_err(|error: domain::InvalidId| Fault::Input { field, message: error.to_string() })
}

/// Global ids of one kind in one campaign as typed keys.
pub(crate) fn keys<Key: FromStr>(ids: &[ID], kind: Kind, campaign: &str) -> Result<Vec<Key>, Fault> {
    ids.iter().map(|id| GlobalId::within(id, kind, campaign)).collect()
}
