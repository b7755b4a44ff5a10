//! Graphs that were exported for one input at a time, made to take any number.

use super::wire::{Field, Malformed, Value, encode, find, find_text, parse};
use super::{GRAPH, INPUT, NAME, OUTPUT, VALUE_INFO, map_message, weights};

const TYPE: u32 = 2;
const TENSOR_TYPE: u32 = 1;
const SHAPE: u32 = 2;
const DIMENSION: u32 = 1;
const DIMENSION_VALUE: u32 = 1;
const DIMENSION_NAME: u32 = 2;

/// The graph of `model` with a free first dimension of its inputs and outputs. Whether it then computes the same is for the
/// caller to try: reshapes inside may have the one input in their constants.
///
/// # Errors
/// [`Malformed`] for what is no graph.
pub fn free_batch(model: &[u8]) -> Result<Vec<u8>, Malformed> {
    map_message(model, GRAPH, |graph| {
        let fields = parse(graph)?;
        let weights = weights(&fields);
        let freed = fields.iter().filter(|field| field.number != VALUE_INFO).map(|field| match field.number {
            INPUT | OUTPUT if !is_one_of(field, &weights) => {
                Ok(Field::bytes(field.number, free_value(field.as_bytes().ok_or(Malformed)?)?))
            }
            _ => Ok(field.clone()),
        });
        Ok(encode(&freed.collect::<Result<Vec<_>, Malformed>>()?))
    })
}

fn is_one_of(field: &Field<'_>, weights: &[&str]) -> bool {
    field.as_bytes().and_then(|value| find_text(value, NAME)).is_some_and(|name| weights.contains(&name))
}

fn free_value(value: &[u8]) -> Result<Vec<u8>, Malformed> {
    map_message(value, TYPE, |kind| map_message(kind, TENSOR_TYPE, |tensor| map_message(tensor, SHAPE, free_first)))
}

/// A shape whose first dimension is 1, with a name in its place.
fn free_first(shape: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut dimensions = parse(shape)?;
    if let Some(first) = dimensions.iter_mut().find(|field| field.number == DIMENSION) {
        let is_one = find(&parse(first.as_bytes().ok_or(Malformed)?)?, DIMENSION_VALUE)
            .is_some_and(|field| field.value == Value::Varint(1));
        if is_one {
            *first = Field::bytes(DIMENSION, encode(&[Field::bytes(DIMENSION_NAME, &b"batch"[..])]));
        }
    }
    Ok(encode(&dimensions))
}
