//! The names of all event types, as the compiler knows them: a list by hand would forget the next one.

use domain::{StreamKind, ballot, campaign, project, proposal, site};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, Visitor, value};

/// Asks a type for the names of its variants: serde hands them to whoever deserialises it.
struct Names<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, value::Error> {
        Err(Error::custom("only enums are asked"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, value::Error> {
        *self.0 = variants;
        Err(Error::custom("only the names are asked"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

fn variants<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    assert!(T::deserialize(Names(&mut names)).is_err());
    names
}

/// Every event type with the kind of its stream.
pub(crate) fn event_types() -> Vec<(StreamKind, &'static str)> {
    let of = |kind: StreamKind| match kind {
        StreamKind::Campaign => variants::<campaign::Event>(),
        StreamKind::Proposal => variants::<proposal::Event>(),
        StreamKind::Project => variants::<project::Event>(),
        StreamKind::Ballot => variants::<ballot::Event>(),
        StreamKind::Site => variants::<site::Event>(),
        StreamKind::Comment => variants::<domain::comment::Event>(),
        StreamKind::Participant => variants::<domain::participant::Event>(),
        StreamKind::Workshop => variants::<domain::workshop::Event>(),
        StreamKind::Urn => variants::<domain::urn::Event>(),
    };
    StreamKind::ALL.into_iter().flat_map(|kind| of(kind).iter().map(move |name| (kind, *name))).collect()
}

#[test]
fn all_event_types_are_known_and_named_once() {
    let types = event_types();
    let names: std::collections::BTreeSet<_> = types.iter().map(|(_, name)| *name).collect();
    assert_eq!(names.len(), types.len(), "an event type's name stands in two streams");
    assert!(names.contains("CampaignConfigured") && names.contains("SiteAbandoned"), "{names:?}");
    assert!(bool::deserialize(Names(&mut [].as_slice())).is_err());
}
