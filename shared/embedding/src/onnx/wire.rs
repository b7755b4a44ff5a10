//! The protobuf wire format, as far as a graph needs it to be changed: a message is a list of numbered fields, and what is not
//! understood is kept as it is (<https://protobuf.dev/programming-guides/encoding/>).

use std::borrow::Cow;

/// A message that is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// One field of a message.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field<'a> {
    pub number: u32,
    pub value: Value<'a>,
}

/// A field's value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    /// Bytes, text, packed numbers or a message.
    Bytes(Cow<'a, [u8]>),
    Fixed32([u8; 4]),
}

impl<'a> Field<'a> {
    pub fn bytes(number: u32, bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { number, value: Value::Bytes(bytes.into()) }
    }

    pub fn varint(number: u32, value: u64) -> Self {
        Self { number, value: Value::Varint(value) }
    }

    /// The bytes, if the value is any.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.value {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The text, if the value is any.
    pub fn as_text(&self) -> Option<&str> {
        std::str::from_utf8(self.as_bytes()?).ok()
    }

    pub fn as_varint(&self) -> Option<u64> {
        match self.value {
            Value::Varint(value) => Some(value),
            _ => None,
        }
    }
}

/// The first field of this number.
pub(super) fn find<'f, 'a>(fields: &'f [Field<'a>], number: u32) -> Option<&'f Field<'a>> {
    fields.iter().find(|field| field.number == number)
}

/// The text in the first field of this number of `message`.
pub(super) fn find_text(message: &[u8], number: u32) -> Option<&str> {
    let field = parse(message).ok()?.into_iter().find(|field| field.number == number)?;
    match field.value {
        Value::Bytes(Cow::Borrowed(bytes)) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

/// The fields of `message`, whose bytes they borrow.
pub(super) fn parse(mut message: &[u8]) -> Result<Vec<Field<'_>>, Malformed> {
    let mut fields = vec![];
    while !message.is_empty() {
        let key = take_varint(&mut message)?;
        let value = match key & 7 {
            0 => Value::Varint(take_varint(&mut message)?),
            1 => Value::Fixed64(take(&mut message, 8)?.try_into().map_err(|_| Malformed)?),
            2 => {
                let length = usize::try_from(take_varint(&mut message)?).map_err(|_| Malformed)?;
                Value::Bytes(Cow::Borrowed(take(&mut message, length)?))
            }
            5 => Value::Fixed32(take(&mut message, 4)?.try_into().map_err(|_| Malformed)?),
            _ => return Err(Malformed),
        };
        fields.push(Field { number: u32::try_from(key >> 3).map_err(|_| Malformed)?, value });
    }
    Ok(fields)
}

/// The message of `fields`.
pub(super) fn encode(fields: &[Field<'_>]) -> Vec<u8> {
    let size = fields.iter().filter_map(Field::as_bytes).map(<[u8]>::len).sum::<usize>() + 16 * fields.len();
    let mut message = Vec::with_capacity(size);
    for Field { number, value } in fields {
        let key = |kind: u64| u64::from(*number) << 3 | kind;
        match value {
            Value::Varint(value) => {
                put_varint(&mut message, key(0));
                put_varint(&mut message, *value);
            }
            Value::Fixed64(bytes) => {
                put_varint(&mut message, key(1));
                message.extend_from_slice(bytes);
            }
            Value::Bytes(bytes) => {
                put_varint(&mut message, key(2));
                put_varint(&mut message, bytes.len() as u64);
                message.extend_from_slice(bytes);
            }
            Value::Fixed32(bytes) => {
                put_varint(&mut message, key(5));
                message.extend_from_slice(bytes);
            }
        }
    }
    message
}

fn take<'a>(message: &mut &'a [u8], length: usize) -> Result<&'a [u8], Malformed> {
    let (taken, rest) = message.split_at_checked(length).ok_or(Malformed)?;
    *message = rest;
    Ok(taken)
}

fn take_varint(message: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = take(message, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Malformed)
}

fn put_varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push(value as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_graphs_come_back_byte_for_byte() {
        for graph in [crate::builtin::VISUAL, crate::builtin::TEXTUAL] {
            assert!(encode(&parse(graph).unwrap()) == graph);
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for bytes in [&[0x0a, 5, 1][..], &[0x0b], &[0xff; 11], &[0x0d, 1, 2]] {
            assert_eq!(parse(bytes), Err(Malformed), "{bytes:?}");
        }
        assert_eq!(parse(&[]), Ok(vec![]));
    }

    #[test]
    fn numbers_of_all_sizes_are_kept() {
        let fields: Vec<Field<'_>> = [0, 1, 127, 128, 300, u64::MAX].map(|value| Field::varint(77, value)).into();
        assert_eq!(parse(&encode(&fields)).unwrap(), fields);
    }
}
