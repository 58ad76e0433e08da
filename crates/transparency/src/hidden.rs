//! Owns: values that a person typed, which stand beside the leaf and can be redacted.
//! Must not: hash (see `commitment.rs`) or know any event.
//! Next: `leaf.rs`, which keeps the commitments, and docs/formats/log.md §3.
//!
//! A typed event marks such a value with [`Hidden`]; in JSON the marker is `{"$hidden": value}`.
//! [`split`] takes the marked members out before the leaf is written, [`join`] puts disclosed ones
//! back, so that one type reads an event before the log, from the log, and after a redaction.

use crate::error::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

const MARKER: &str = "$hidden";

/// A value beside the leaf: given, or no longer there.
///
/// In a struct use it with `#[serde(default, skip_serializing_if = "Hidden::is_redacted")]`:
/// a member that is missing from the JSON is a redacted one. Where it is not skipped, a redacted
/// value is written as `{}`, which reads back as redacted whatever `T` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hidden<T> {
    /// The value is there.
    Disclosed(T),
    /// The value and its nonce were deleted, or are not shown to this reader.
    #[default]
    Redacted,
}

impl<T> Hidden<T> {
    /// The value, `None` when redacted.
    pub const fn get(&self) -> Option<&T> {
        match self {
            Self::Disclosed(value) => Some(value),
            Self::Redacted => None,
        }
    }

    /// The same state, borrowed.
    pub const fn as_ref(&self) -> Hidden<&T> {
        match self {
            Self::Disclosed(value) => Hidden::Disclosed(value),
            Self::Redacted => Hidden::Redacted,
        }
    }

    /// The value by move, `None` when redacted.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Disclosed(value) => Some(value),
            Self::Redacted => None,
        }
    }

    /// Changes the value, if it is there.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Hidden<U> {
        match self {
            Self::Disclosed(value) => Hidden::Disclosed(change(value)),
            Self::Redacted => Hidden::Redacted,
        }
    }

    /// True when the value is no longer there; for `skip_serializing_if`.
    pub const fn is_redacted(&self) -> bool {
        matches!(self, Self::Redacted)
    }
}

impl<T> From<T> for Hidden<T> {
    fn from(value: T) -> Self {
        Self::Disclosed(value)
    }
}

impl<T: Serialize> Serialize for Hidden<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Self::Disclosed(value) = self {
            map.serialize_entry(MARKER, value)?;
        }
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Hidden<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, bound = "T: Deserialize<'de>")]
        struct Marked<T> {
            // Through `present` so that a disclosed `null` stays different from a missing member.
            #[serde(rename = "$hidden", default, deserialize_with = "present")]
            value: Option<T>,
        }
        fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
            T::deserialize(deserializer).map(Some)
        }
        let marked = Marked::deserialize(deserializer)?;
        Ok(marked.value.map_or(Self::Redacted, Self::Disclosed))
    }
}

/// Takes every `{"$hidden": v}` member out of the object that holds it.
///
/// Returns the rest and the values with their JSON pointers below the leaf (`/data/…`), in the
/// order of the leaf's `hidden` object (UTF-16 code units of the pointer).
///
/// # Errors
/// [`Error::HiddenMisplaced`] when a marker is the root, an element of an array, inside another
/// hidden value, or not alone in its object.
pub fn split(mut data: Value) -> Result<(Value, Vec<(String, Value)>), Error> {
    if let Some(found) = marker_in(&data) {
        found.map_err(|why| misplaced("/data", why))?;
        return Err(misplaced("/data", "the data itself cannot be hidden, only its members"));
    }
    let mut taken = Vec::new();
    take_out(&mut data, "/data", &mut taken)?;
    taken.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    Ok((data, taken))
}

/// Puts a disclosed value back, with its marker, where [`split`] took it out.
///
/// # Errors
/// [`Error::HiddenMisplaced`] when `path` does not start with `/data/`, when the object that held
/// the value is not there, or when it has a member of that name already.
pub fn join(data: &mut Value, path: &str, value: Value) -> Result<(), Error> {
    put(data, path, [(MARKER.to_owned(), value)].into_iter().collect())
}

/// Puts a redacted value where it was: that there was one stays visible, as in `Some(Redacted)`.
///
/// # Errors
/// As [`join`].
pub(crate) fn join_redacted(data: &mut Value, path: &str) -> Result<(), Error> {
    put(data, path, Map::new())
}

fn put(data: &mut Value, path: &str, marked: Map<String, Value>) -> Result<(), Error> {
    let below = path
        .strip_prefix("/data")
        .filter(|below| below.starts_with('/'))
        .ok_or_else(|| misplaced(path, "a hidden value stands below /data/"))?;
    let (parent, name) = below.rsplit_once('/').ok_or_else(|| misplaced(path, "not a JSON pointer"))?;
    let name = unescape(name).ok_or_else(|| misplaced(path, "`~` stands only in ~0 and ~1"))?;
    let holder = data
        .pointer_mut(parent)
        .and_then(Value::as_object_mut)
        .ok_or_else(|| misplaced(path, "the object that holds it is missing from the data"))?;
    if holder.contains_key(&name) {
        return Err(misplaced(path, "the data already has a member of this name"));
    }
    holder.insert(name, Value::Object(marked));
    Ok(())
}

/// Whether a marker stands anywhere in the value. Stored data must have none: it would be shown
/// as if it had been committed to.
pub(crate) fn has_marker(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_marker),
        Value::Object(members) => members.contains_key(MARKER) || members.values().any(has_marker),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// `Some` when the value is an object with the marker: `Ok` when it stands alone in it.
fn marker_in(value: &Value) -> Option<Result<(), &'static str>> {
    let members = value.as_object()?;
    members.contains_key(MARKER).then(|| match members.len() {
        1 => Ok(()),
        _ => Err("`$hidden` must be alone in its object"),
    })
}

fn take_out(value: &mut Value, path: &str, taken: &mut Vec<(String, Value)>) -> Result<(), Error> {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                let path = format!("{path}/{index}");
                if marker_in(item).is_some() {
                    return Err(misplaced(&path, "hide a member of an object, not an element of an array"));
                }
                take_out(item, &path, taken)?;
            }
        }
        Value::Object(members) => {
            let mut hidden = Vec::new();
            for (name, member) in members.iter_mut() {
                let path = format!("{path}/{}", escape(name));
                match marker_in(member) {
                    None => take_out(member, &path, taken)?,
                    Some(Err(why)) => return Err(misplaced(&path, why)),
                    Some(Ok(())) => hidden.push((name.clone(), path)),
                }
            }
            for (name, path) in hidden {
                let value = members.remove(&name).and_then(|mut marked| marked.get_mut(MARKER).map(Value::take));
                let value = value.unwrap_or_default();
                if has_marker(&value) {
                    return Err(misplaced(&path, "a hidden value cannot hold another one"));
                }
                taken.push((path, value));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    Ok(())
}

/// RFC 6901 §3.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// RFC 6901 §4; `None` when `~` stands alone.
fn unescape(name: &str) -> Option<String> {
    let mut rest = name.split('~');
    let mut out = rest.next()?.to_owned();
    for part in rest {
        out.push(match part.as_bytes().first() {
            Some(b'0') => '~',
            Some(b'1') => '/',
            _ => return None,
        });
        out.push_str(&part[1..]);
    }
    Some(out)
}

fn misplaced(path: &str, why: &'static str) -> Error {
    Error::HiddenMisplaced { path: path.to_owned(), why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Deposited {
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        title: Hidden<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<Hidden<String>>,
        cost: u64,
    }

    #[test]
    fn a_typed_event_goes_out_and_comes_back() {
        let event = Deposited { title: Hidden::Disclosed("Un banc".into()), contact: None, cost: 5 };
        let (data, hidden) = split(serde_json::to_value(&event).unwrap()).unwrap();
        assert_eq!(data, json!({"cost": 5}));
        assert_eq!(hidden, [("/data/title".to_owned(), json!("Un banc"))]);
        let redacted: Deposited = serde_json::from_value(data.clone()).unwrap();
        assert_eq!(redacted, Deposited { title: Hidden::Redacted, contact: None, cost: 5 });
        let mut joined = data;
        join(&mut joined, "/data/title", json!("Un banc")).unwrap();
        assert_eq!(serde_json::from_value::<Deposited>(joined).unwrap(), event);
    }

    #[test]
    fn null_and_redacted_stay_different() {
        for value in [Hidden::Disclosed(None), Hidden::Disclosed(Some(3)), Hidden::Redacted] {
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Hidden<Option<u8>>>(&json).unwrap(), value, "{json}");
        }
        assert!(serde_json::from_str::<Hidden<String>>(r#"{"$hidden":null}"#).is_err());
        assert!(serde_json::from_str::<Hidden<String>>(r#"{"other":1}"#).is_err());
    }

    #[test]
    fn members_of_nested_objects_keep_their_pointers() {
        let data = json!({"z": {"a/b~": {"$hidden": 1}}, "list": [{"x": {"$hidden": {"y": 2}}, "kept": 3}]});
        let (rest, hidden) = split(data.clone()).unwrap();
        assert_eq!(rest, json!({"z": {}, "list": [{"kept": 3}]}));
        let paths: Vec<&str> = hidden.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["/data/list/0/x", "/data/z/a~1b~0"]);
        let mut joined = rest;
        for (path, value) in hidden {
            join(&mut joined, &path, value).unwrap();
        }
        assert_eq!(joined, data);
    }

    #[test]
    fn misplaced_markers_are_refused() {
        for data in [
            json!({"$hidden": 1}),
            json!({"a": [{"$hidden": 1}]}),
            json!({"a": {"$hidden": 1, "b": 2}}),
            json!({"a": {"$hidden": {"b": {"$hidden": 2}}}}),
        ] {
            assert_eq!(split(data.clone()).unwrap_err().code(), "HIDDEN_MISPLACED", "{data}");
        }
        let data = json!({"a": {"b": 1}, "l": [1]});
        for path in ["", "/data", "/dat/a", "/data/a/b", "/data/x/y", "/data/l/0", "/data/a/~2", "/data/a/~", "data/x"]
        {
            assert!(join(&mut data.clone(), path, json!(1)).is_err(), "{path}");
        }
    }
}
