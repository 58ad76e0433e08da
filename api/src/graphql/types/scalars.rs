//! Scalars: moments, dates, money, positions, hashes, command ids. Each has one text form.

use async_graphql::{Description, InputType, InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};
use std::str::FromStr;
use tally::Cents;
use transparency::Hash;

/// Reads a scalar from a string.
fn text<S: InputType, T: FromStr>(value: &Value, what: &str) -> Result<T, InputValueError<S>> {
    if let Value::String(text) = value {
        return text.parse().map_err(|_| InputValueError::custom(what));
    }
    Err(InputValueError::expected_type(value.clone()))
}

/// A moment in UTC, to the second (RFC 3339): `2018-09-07T10:00:00Z`. What citizens do is dated to
/// the minute.
#[derive(Description, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime(pub domain::Timestamp);

#[Scalar(use_type_description, specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(&value, "a moment is written 2018-09-07T10:00:00Z (RFC 3339)").map(Self)
    }
    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }
    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A day, `2018-09-07`, or a month when the day isn't known, `2018-09` (ISO 8601).
#[derive(Description, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub domain::CalendarDate);

#[Scalar(use_type_description)]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(&value, "a date is written 2018-09-07, or 2018-09 when only the month is known").map(Self)
    }
    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }
    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An amount in hundredths of the campaign's currency, as a string of digits: `"30000000"` is
/// 300,000.00. A string, because the numbers of GraphQL end at 2^31.
#[derive(Description, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub Cents);

#[Scalar(name = "Cents", use_type_description)]
impl ScalarType for Amount {
    fn parse(value: Value) -> InputValueResult<Self> {
        let what = "an amount is a whole number of cents, \"30000000\" for 300,000.00";
        let cents: i64 = if let Value::Number(number) = &value {
            number.as_i64().ok_or_else(|| InputValueError::custom(what))?
        } else {
            text(&value, what)?
        };
        Cents::new(cents).map(Self).ok_or_else(|| InputValueError::custom(what))
    }
    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }
    fn to_value(&self) -> Value {
        Value::String(self.0.get().to_string())
    }
}

/// The place of an event in its log, from 0 without gaps, or a number of events. Below 2^53, so that
/// every JSON reader keeps it exact.
#[derive(Description, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub u64);

#[Scalar(use_type_description)]
impl ScalarType for Position {
    fn parse(value: Value) -> InputValueResult<Self> {
        let what = "a position is a whole number from 0";
        let position: u64 = if let Value::Number(number) = &value {
            number.as_u64().ok_or_else(|| InputValueError::custom(what))?
        } else {
            text(&value, what)?
        };
        Ok(Self(position))
    }
    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }
    fn to_value(&self) -> Value {
        Value::Number(Number::from(self.0))
    }
}

/// A SHA-256 value: 64 lower-case hexadecimal digits.
#[derive(Description, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sha256(pub Hash);

#[Scalar(name = "Hash", use_type_description)]
impl ScalarType for Sha256 {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(&value, "a hash is 64 lower-case hexadecimal digits").map(Self)
    }
    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }
    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Names a command: a UUID that the client draws. The same command sent again under the same id is
/// carried out once, and answered with the first receipt.
#[derive(Description, Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandId(pub uuid::Uuid);

#[Scalar(name = "UUID", use_type_description, specified_by_url = "https://www.rfc-editor.org/rfc/rfc9562")]
impl ScalarType for CommandId {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(&value, "a UUID is written 0190f3a4-5b6c-7d8e-9f01-23456789abcd").map(Self)
    }
    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }
    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An outline as GeoJSON (RFC 7946): a Polygon or a MultiPolygon in degrees (WGS 84), longitude first,
/// alone or as the geometry of a Feature. In an input, an object or its text. Degrees are rounded to the
/// nearest millionth, about 11 centimetres; from a text they are read digit by digit, whatever their length.
#[derive(Description, Clone, Debug, PartialEq, Eq)]
pub struct GeoJson(pub String);

#[Scalar(name = "GeoJSON", use_type_description, specified_by_url = "https://www.rfc-editor.org/rfc/rfc7946")]
impl ScalarType for GeoJson {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            // What is no outline is a no of the mutation, with its code; here is only its form as JSON.
            Value::Object(_) => serde_json::to_string(&value).map(Self).map_err(InputValueError::custom),
            other => Err(InputValueError::expected_type(other)),
        }
    }
    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_) | Value::Object(_))
    }
    fn to_value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<S: ScalarType>(value: Value) -> InputValueResult<S> {
        S::parse(value)
    }

    #[test]
    fn scalars_have_one_form_and_refuse_others() {
        let string = |text: &str| Value::String(text.to_owned());
        assert_eq!(ScalarType::to_value(&parse::<Amount>(string("30000000")).unwrap()), string("30000000"));
        assert_eq!(parse::<Amount>(Value::from(5)).unwrap().0.get(), 5);
        for bad in [string("1.5"), string("9007199254740992"), string(""), Value::Null, Value::Boolean(true)] {
            assert!(parse::<Amount>(bad.clone()).is_err(), "{bad}");
        }
        assert_eq!(parse::<Position>(string("7")).unwrap().0, 7);
        assert!(parse::<Position>(Value::from(-1)).is_err());
        assert!(parse::<DateTime>(string("yesterday")).is_err());
        assert!(parse::<Date>(string("2018-09")).is_ok());
        assert!(parse::<Sha256>(string("AB")).is_err());
        assert!(parse::<CommandId>(string("1")).is_err());
    }
}
