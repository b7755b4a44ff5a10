//! Graphs as files (ONNX), rewritten before they are loaded: freed from a fixed batch, or turned to half precision.
//!
//! Numbers of fields are those of the ONNX schema, <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3>.

mod free_batch;
mod half_precision;
mod wire;

pub use free_batch::free_batch;
pub use half_precision::to_half_precision;
pub use wire::Malformed;
use wire::{Field, encode, find_text, parse};

const GRAPH: u32 = 7;
const NODE: u32 = 1;
const INITIALIZER: u32 = 5;
const INPUT: u32 = 11;
const OUTPUT: u32 = 12;
const VALUE_INFO: u32 = 13;
/// Of a value and of an attribute.
const NAME: u32 = 1;
const TENSOR_NAME: u32 = 8;

/// Names of the weights among a graph's `fields`; old exporters list them among the inputs too.
fn weights<'f>(fields: &'f [Field<'_>]) -> Vec<&'f str> {
    let tensors = fields.iter().filter(|field| field.number == INITIALIZER).filter_map(Field::as_bytes);
    tensors.filter_map(|tensor| find_text(tensor, TENSOR_NAME)).collect()
}

/// `message` with `change` made to each message in its fields of this number.
fn map_message(
    message: &[u8],
    number: u32,
    change: impl Fn(&[u8]) -> Result<Vec<u8>, Malformed>,
) -> Result<Vec<u8>, Malformed> {
    let mut fields = parse(message)?;
    for field in fields.iter_mut().filter(|field| field.number == number) {
        let changed = change(field.as_bytes().ok_or(Malformed)?)?;
        *field = Field::bytes(number, changed);
    }
    Ok(encode(&fields))
}
