//! Graphs of 32-bit floats made to compute in 16-bit ones, as GPUs do twice as fast and more. Inputs and outputs stay as they
//! are, with a cast behind and before them.

use half::f16;

use super::wire::{Field, Malformed, encode, find, find_text, parse};
use super::{GRAPH, INITIALIZER, INPUT, NAME, NODE, OUTPUT, VALUE_INFO, map_message, weights};

const NODE_INPUT: u32 = 1;
const NODE_OUTPUT: u32 = 2;
const NODE_OPERATOR: u32 = 4;
const NODE_ATTRIBUTE: u32 = 5;
const ATTRIBUTE_INTEGER: u32 = 3;
const ATTRIBUTE_TENSOR: u32 = 5;
const ATTRIBUTE_TYPE: u32 = 20;
const TYPE_INTEGER: u64 = 2;
const DATA_TYPE: u32 = 2;
const FLOAT_DATA: u32 = 4;
const RAW_DATA: u32 = 9;
const DATA_LOCATION: u32 = 14;
const FLOAT: u64 = 1;
const FLOAT16: u64 = 10;

/// Operators of quantised graphs, those that want 32-bit floats in any case, and those with graphs inside.
const UNFIT: [&str; 12] = [
    "QuantizeLinear",
    "DequantizeLinear",
    "DynamicQuantizeLinear",
    "MatMulInteger",
    "ConvInteger",
    "QLinearConv",
    "QLinearMatMul",
    "Resize",
    "Upsample",
    "If",
    "Loop",
    "Scan",
];
/// Attributes that carry floats outside of a tensor.
const LOOSE_FLOATS: [&str; 2] = ["value_float", "value_floats"];

/// The graph of `model` in half precision; nothing when it has parts that cannot be.
///
/// # Errors
/// [`Malformed`] for what is no graph.
pub fn to_half_precision(model: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let fields = parse(model)?;
    match find(&fields, GRAPH).and_then(Field::as_bytes) {
        Some(graph) if is_fit(graph)? => map_message(model, GRAPH, halve_graph).map(Some),
        _ => Ok(None),
    }
}

fn is_fit(graph: &[u8]) -> Result<bool, Malformed> {
    for field in parse(graph)? {
        let fit = match field.number {
            NODE => is_node_fit(field.as_bytes().ok_or(Malformed)?)?,
            // Weights in other files would have to be read and moved: a rarity among towers of this size.
            INITIALIZER => find(&parse(field.as_bytes().ok_or(Malformed)?)?, DATA_LOCATION)
                .is_none_or(|at| at.as_varint() == Some(0)),
            _ => true,
        };
        if !fit {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_node_fit(node: &[u8]) -> Result<bool, Malformed> {
    let fields = parse(node)?;
    let unfit_operator =
        find(&fields, NODE_OPERATOR).and_then(Field::as_text).is_some_and(|name| UNFIT.contains(&name));
    let loose = |field: &Field<'_>| -> Option<bool> {
        Some(LOOSE_FLOATS.contains(&find(&parse(field.as_bytes()?).ok()?, NAME)?.as_text()?))
    };
    let has_loose_floats =
        fields.iter().filter(|field| field.number == NODE_ATTRIBUTE).any(|field| loose(field) == Some(true));
    Ok(!unfit_operator && !has_loose_floats)
}

fn halve_graph(graph: &[u8]) -> Result<Vec<u8>, Malformed> {
    let fields = parse(graph)?;
    let weights = weights(&fields);
    let floats = |number: u32| -> Vec<&str> {
        let values = fields.iter().filter(|field| field.number == number).filter_map(Field::as_bytes);
        values
            .filter(|value| is_float(value))
            .filter_map(|value| find_text(value, NAME))
            .filter(|name| !weights.contains(name))
            .collect()
    };
    let (inputs, outputs) = (floats(INPUT), floats(OUTPUT));
    let ends: Vec<&str> = inputs.iter().chain(&outputs).copied().collect();
    let mut halved: Vec<Field<'_>> = inputs.iter().map(|name| cast(name, &inner(name), FLOAT16)).collect();
    for field in &fields {
        let bytes = field.as_bytes();
        match (field.number, bytes) {
            (NODE, Some(node)) => halved.push(Field::bytes(NODE, halve_node(node, &ends)?)),
            (INITIALIZER, Some(tensor)) => halved.push(Field::bytes(INITIALIZER, halve_tensor(tensor)?)),
            (VALUE_INFO, _) => {}
            _ => halved.push(field.clone()),
        }
    }
    halved.extend(outputs.iter().map(|name| cast(&inner(name), name, FLOAT)));
    Ok(encode(&halved))
}

/// Whether a value's type is a tensor of 32-bit floats.
fn is_float(value: &[u8]) -> bool {
    let element_type = || -> Option<u64> {
        let value = parse(value).ok()?;
        let kind = parse(find(&value, 2)?.as_bytes()?).ok()?;
        find(&parse(find(&kind, 1)?.as_bytes()?).ok()?, 1)?.as_varint()
    };
    element_type() == Some(FLOAT)
}

/// The name that an input or output has inside, where it is of half precision.
fn inner(name: &str) -> String {
    format!("{name}.half")
}

fn cast<'a>(from: &str, to: &str, kind: u64) -> Field<'a> {
    let attribute = encode(&[
        Field::bytes(NAME, b"to".to_vec()),
        Field::varint(ATTRIBUTE_INTEGER, kind),
        Field::varint(ATTRIBUTE_TYPE, TYPE_INTEGER),
    ]);
    let node = encode(&[
        Field::bytes(NODE_INPUT, from.as_bytes().to_vec()),
        Field::bytes(NODE_OUTPUT, to.as_bytes().to_vec()),
        Field::bytes(NODE_OPERATOR, b"Cast".to_vec()),
        Field::bytes(NODE_ATTRIBUTE, attribute),
    ]);
    Field::bytes(NODE, node)
}

fn halve_node(node: &[u8], ends: &[&str]) -> Result<Vec<u8>, Malformed> {
    let fields = parse(node)?;
    let is_cast = find(&fields, NODE_OPERATOR).and_then(Field::as_text) == Some("Cast");
    let halved = fields.into_iter().map(|field| match (field.number, field.as_text()) {
        (NODE_INPUT | NODE_OUTPUT, Some(name)) if ends.contains(&name) => {
            Ok(Field::bytes(field.number, inner(name).into_bytes()))
        }
        (NODE_ATTRIBUTE, _) => {
            let attribute = field.as_bytes().ok_or(Malformed)?;
            let halved =
                if is_cast { halve_cast(attribute)? } else { map_message(attribute, ATTRIBUTE_TENSOR, halve_tensor)? };
            Ok(Field::bytes(NODE_ATTRIBUTE, halved))
        }
        _ => Ok(field),
    });
    Ok(encode(&halved.collect::<Result<Vec<_>, Malformed>>()?))
}

/// A cast to 32-bit floats becomes one to 16-bit floats.
fn halve_cast(attribute: &[u8]) -> Result<Vec<u8>, Malformed> {
    let fields = parse(attribute)?;
    let halved = fields.into_iter().map(|field| match field.as_varint() {
        Some(FLOAT) if field.number == ATTRIBUTE_INTEGER => Field::varint(ATTRIBUTE_INTEGER, FLOAT16),
        _ => field,
    });
    Ok(encode(&halved.collect::<Vec<_>>()))
}

fn halve_tensor(tensor: &[u8]) -> Result<Vec<u8>, Malformed> {
    let fields = parse(tensor)?;
    if find(&fields, DATA_TYPE).and_then(Field::as_varint) != Some(FLOAT) {
        return Ok(tensor.to_vec());
    }
    let data: Vec<u8> = fields
        .iter()
        .filter(|field| matches!(field.number, FLOAT_DATA | RAW_DATA))
        .filter_map(Field::as_bytes)
        .flat_map(halve_floats)
        .collect();
    let kept = fields.into_iter().filter(|field| !matches!(field.number, DATA_TYPE | FLOAT_DATA | RAW_DATA));
    let halved: Vec<Field<'_>> =
        kept.chain([Field::varint(DATA_TYPE, FLOAT16), Field::bytes(RAW_DATA, data)]).collect();
    Ok(encode(&halved))
}

/// Little-endian 32-bit floats as 16-bit ones; what is too large for them becomes the largest.
fn halve_floats(bytes: &[u8]) -> Vec<u8> {
    let largest = f16::MAX.to_f32();
    let floats = bytes.chunks_exact(4).map(|float| f32::from_le_bytes([float[0], float[1], float[2], float[3]]));
    floats.flat_map(|float| f16::from_f32(float.clamp(-largest, largest)).to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model of one node.
    fn model(operator: &str) -> Vec<u8> {
        let node = encode(&[Field::bytes(NODE_OPERATOR, operator.as_bytes().to_vec())]);
        encode(&[Field::bytes(GRAPH, encode(&[Field::bytes(NODE, node)]))])
    }

    #[test]
    fn graphs_with_parts_that_must_stay_are_left() {
        assert!(to_half_precision(&model("MatMul")).unwrap().is_some());
        for operator in UNFIT {
            assert!(to_half_precision(&model(operator)).unwrap().is_none(), "{operator}");
        }
        assert!(to_half_precision(b"not a graph").is_err());
    }

    #[test]
    fn floats_too_large_for_half_precision_become_the_largest() {
        let bytes = [1.5f32, 1e9, -1e9].map(f32::to_le_bytes).concat();
        assert_eq!(halve_floats(&bytes), [f16::from_f32(1.5), f16::MAX, f16::MIN].map(f16::to_le_bytes).concat());
    }
}
