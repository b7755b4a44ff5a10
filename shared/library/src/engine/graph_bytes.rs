//! The graph as bytes, to be stored under a checksum.

use crate::engine::graph::Links;
use crate::engine::walk::UpperLayer;

/// All numbers of `links`, little-endian, 4 bytes each.
pub(crate) fn to_bytes(links: &Links) -> Vec<u8> {
    let mut numbers = vec![links.rows, links.live, links.entry];
    put_list(&mut numbers, &links.offsets);
    put_list(&mut numbers, &links.ground);
    numbers.push(links.upper.len() as u32);
    for layer in &links.upper {
        numbers.push(layer.len() as u32);
        for (&row, neighbours) in layer {
            numbers.push(row);
            put_list(&mut numbers, neighbours);
        }
    }
    numbers.push(links.twins.len() as u32);
    links.twins.iter().for_each(|&(node, row)| numbers.extend([node, row]));
    numbers.into_iter().flat_map(u32::to_le_bytes).collect()
}

fn put_list(numbers: &mut Vec<u32>, list: &[u32]) {
    numbers.push(list.len() as u32);
    numbers.extend_from_slice(list);
}

/// The links in `bytes`; `None` when they are not what [`to_bytes`] wrote.
pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Links> {
    let mut reader = Reader { words: bytes.as_chunks().0 };
    let (rows, live, entry) = (reader.number()?, reader.number()?, reader.number()?);
    let (offsets, ground) = (reader.list()?, reader.list()?);
    let upper = (0..reader.number()?).map(|_| reader.layer()).collect::<Option<_>>()?;
    let twins = (0..reader.number()?).map(|_| Some((reader.number()?, reader.number()?))).collect::<Option<_>>()?;
    let fits = offsets.len() == rows as usize + 1 && (entry < rows || rows == 0);
    fits.then_some(Links { rows, live, entry, offsets, ground, upper, twins })
}

struct Reader<'a> {
    words: &'a [[u8; 4]],
}

impl Reader<'_> {
    fn number(&mut self) -> Option<u32> {
        let (word, rest) = self.words.split_first()?;
        self.words = rest;
        Some(u32::from_le_bytes(*word))
    }

    fn list(&mut self) -> Option<Vec<u32>> {
        let length = self.number()? as usize;
        let (list, rest) = self.words.split_at_checked(length)?;
        self.words = rest;
        Some(list.iter().map(|word| u32::from_le_bytes(*word)).collect())
    }

    fn layer(&mut self) -> Option<UpperLayer> {
        (0..self.number()?).map(|_| Some((self.number()?, self.list()?))).collect()
    }
}
