//! JSON values as input of serde, by name only: a list is never accepted for an object.
//!
//! Derived types also accept a list with the members in their order, so that `[[]]` would be an
//! object with one empty list.

use serde::de::value::{BorrowedStrDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::body_error::BodyError;

/// Requirement where an object is expected.
const AN_OBJECT: &&str = &"an object";

/// A value that is deserialized by name.
#[derive(Clone, Copy)]
pub(super) struct StrictValue<'de>(pub(super) &'de Value);

impl<'de> StrictValue<'de> {
    /// Returns the value in the words of serde.
    fn unexpected(self) -> Unexpected<'de> {
        match self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::Number(number) => number.as_u64().map_or_else(
                || {
                    let signed = number.as_i64().map(Unexpected::Signed);
                    signed.unwrap_or(Unexpected::Float(number.as_f64().unwrap_or(f64::NAN)))
                },
                Unexpected::Unsigned,
            ),
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        }
    }

    fn refuse(self, expected: &&str) -> BodyError {
        BodyError::invalid_type(self.unexpected(), expected)
    }
}

impl<'de> IntoDeserializer<'de, BodyError> for StrictValue<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for StrictValue<'de> {
    type Error = BodyError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => {
                if let Some(number) = number.as_u64() {
                    visitor.visit_u64(number)
                } else if let Some(number) = number.as_i64() {
                    visitor.visit_i64(number)
                } else {
                    visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
                }
            }
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.iter().map(StrictValue)))
            }
            Value::Object(members) => {
                let members = members.iter();
                let members = members.map(|(name, value)| (name.as_str(), StrictValue(value)));
                visitor.visit_map(MapDeserializer::new(members.map(borrowed_name)))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _members: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        match self.0 {
            Value::Object(_) => self.deserialize_any(visitor),
            _ => Err(self.refuse(AN_OBJECT)),
        }
    }

    // Types with flattened members are read as maps.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        self.deserialize_struct("", &[], visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        match self.0 {
            Value::String(text) => visitor.visit_enum(StrictVariant {
                name: text,
                content: None,
            }),
            Value::Object(members) => {
                let mut all = members.iter();
                match (all.next(), all.next()) {
                    (Some((name, content)), None) => visitor.visit_enum(StrictVariant {
                        name,
                        content: Some(StrictValue(content)),
                    }),
                    _ => Err(self.refuse(&"an object with exactly one member")),
                }
            }
            _ => Err(self.refuse(&"a string")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct identifier ignored_any
    }
}

fn borrowed_name<'de>(
    (name, value): (&'de str, StrictValue<'de>),
) -> (BorrowedStrDeserializer<'de, BodyError>, StrictValue<'de>) {
    (BorrowedStrDeserializer::new(name), value)
}

/// A choice: a name alone, or the only member of an object.
struct StrictVariant<'de> {
    name: &'de str,
    content: Option<StrictValue<'de>>,
}

impl<'de> EnumAccess<'de> for StrictVariant<'de> {
    type Error = BodyError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), BodyError> {
        let name = BorrowedStrDeserializer::<BodyError>::new(self.name);
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for StrictVariant<'de> {
    type Error = BodyError;

    fn unit_variant(self) -> Result<(), BodyError> {
        match self.content {
            None => Ok(()),
            Some(content) => Err(content.refuse(&"omitted")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, BodyError> {
        match self.content {
            Some(content) => seed.deserialize(content),
            None => Err(self.without_content()),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        match self.content {
            Some(content) => content.deserialize_any(visitor),
            None => Err(self.without_content()),
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        members: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        match self.content {
            Some(content) => content.deserialize_struct("", members, visitor),
            None => Err(self.without_content()),
        }
    }
}

impl StrictVariant<'_> {
    fn without_content(&self) -> BodyError {
        BodyError::invalid_type(Unexpected::Str(self.name), AN_OBJECT)
    }
}
