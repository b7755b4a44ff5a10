//! NumPy's array files, format 1.0, for one kind of array: rows of 32-bit floats, little-endian.
//!
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>

use std::io::{self, Read, Write};

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
/// Headers are filled up so that the numbers begin at a multiple of this.
const ALIGNMENT: usize = 64;

/// Writes the head of an array of `rows` with `columns` each; the numbers follow, row by row.
pub(super) fn write_header(out: &mut impl Write, rows: usize, columns: usize) -> io::Result<()> {
    let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let before = MAGIC.len() + 2;
    let padded = (before + text.len() + 1).next_multiple_of(ALIGNMENT) - before;
    out.write_all(MAGIC)?;
    out.write_all(&(padded as u16).to_le_bytes())?;
    writeln!(out, "{text:<width$}", width = padded - 1)
}

/// Reads the head of an array; leaves `input` at the first number. Returns rows and columns, or what is wrong.
pub(super) fn read_header(input: &mut impl Read) -> Result<(usize, usize), String> {
    let mut magic = [0; 8];
    let mut length = [0; 2];
    let read = input.read_exact(&mut magic).and_then(|()| input.read_exact(&mut length));
    read.map_err(|_| "it is too short for a NumPy array".to_owned())?;
    if magic != MAGIC {
        return Err("it is no NumPy array of format 1.0".to_owned());
    }
    let mut text = vec![0; u16::from_le_bytes(length).into()];
    input.read_exact(&mut text).map_err(|_| "its header is cut short".to_owned())?;
    parse(&String::from_utf8_lossy(&text))
}

fn parse(text: &str) -> Result<(usize, usize), String> {
    let wrong = || format!("got the array {}, expected C order, '<f4' and two dimensions", text.trim());
    let value = |key: &str| Some(text.split_once(&format!("'{key}':"))?.1.trim_start());
    let holds = |key, expected: &str| value(key).is_some_and(|value| value.starts_with(expected));
    if !holds("descr", "'<f4'") || !holds("fortran_order", "False") {
        return Err(wrong());
    }
    let shape = value("shape").and_then(|value| value.strip_prefix('(')?.split_once(')')).ok_or_else(wrong)?.0;
    let sizes: Vec<usize> = shape.split(',').map_while(|size| size.trim().parse().ok()).collect();
    if let [rows, columns] = sizes[..] { Ok((rows, columns)) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_begin_where_numpy_wants_them_and_the_shape_comes_back() {
        for (rows, columns) in [(0, 0), (1, 384), (1_234_567, 1_152)] {
            let mut bytes = vec![];
            write_header(&mut bytes, rows, columns).unwrap();
            assert_eq!(bytes.len() % ALIGNMENT, 0);
            assert_eq!(bytes.last(), Some(&b'\n'));
            assert_eq!(read_header(&mut bytes.as_slice()), Ok((rows, columns)));
        }
    }

    #[test]
    fn other_arrays_are_refused() {
        for text in [
            "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }",
            "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }",
            "",
        ] {
            assert!(parse(text).unwrap_err().contains("expected C order"), "{text}");
        }
    }
}
