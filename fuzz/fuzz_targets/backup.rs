//! Feeds bytes to `foray restore`: as a file, and as the blocks of a backup whose checksum is right. They are an error, or the library
//! that comes of them opens, or is found to be damaged.
#![no_main]

use std::path::Path;

use foray_fuzz::{count_own_panics_only, put};
use foray_library::backup::{restore, verify};
use foray_library::{Library, OpenOptions};
use foray_protocol::{ImageId, Spaces};
use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// A block of a backup, as far as its checksum depends on what it is.
#[derive(Serialize, Deserialize)]
enum Block {
    Tree { name: ByteBuf, entries: Vec<(ByteBuf, ByteBuf)> },
    Thumbnails(Vec<(ImageId, ByteBuf)>),
    End { records: u64, blake3: [u8; 32] },
}

fuzz_target!(init: count_own_panics_only(), |data: &[u8]| {
    let Some((&kind, content)) = data.split_first() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = match kind & 1 {
        0 => content.to_vec(),
        _ => backup_of(content),
    };
    put(folder.path(), "backup", &file);
    let (file, target) = (folder.path().join("backup"), folder.path().join("library"));
    let verified = verify(std::fs::File::open(&file).expect("it was just written"), &file).is_ok();
    match restore(&file, &target) {
        Ok(_) => check_library(&target),
        Err(_) => assert!(!target.exists(), "an error that left something behind"),
    }
    assert!(verified || !target.exists(), "restored though it is not whole");
});

/// The backup whose header and blocks, each led by its length, are `content`, with the end that it should have.
fn backup_of(content: &[u8]) -> Vec<u8> {
    let mut stream = content.to_vec();
    let end = Block::End { records: records_in(content), blake3: *blake3::hash(content).as_bytes() };
    let end = rmp_serde::to_vec_named(&end).expect("a block can be written");
    stream.extend((end.len() as u32).to_le_bytes());
    stream.extend(end);
    zstd::bulk::compress(&stream, 1).expect("it can be packed")
}

fn records_in(content: &[u8]) -> u64 {
    let header = content.iter().position(|&byte| byte == b'\n').map_or(content.len(), |end| end + 1);
    let (mut rest, mut records) = (&content[header..], 0);
    while let Some((length, after)) = rest.split_first_chunk() {
        let Some((block, after)) = after.split_at_checked(u32::from_le_bytes(*length) as usize) else { break };
        records += match rmp_serde::from_slice(block) {
            Ok(Block::Tree { entries, .. }) => entries.len() as u64,
            Ok(Block::Thumbnails(thumbnails)) => thumbnails.len() as u64,
            Ok(Block::End { .. }) | Err(_) => 0,
        };
        rest = after;
    }
    records
}

/// Whatever its records say, asking for them is an answer or an error.
fn check_library(folder: &Path) {
    let Ok(library) = Library::open(&OpenOptions::new(folder, "fuzz")) else { return };
    let _ = (library.status(), library.failures(), library.stored_photos(None, 100), library.spaces());
    let _ = library.export(&folder.with_extension("exported"));
    let _ = library.backup(std::io::sink());
}
