//! Small disks of their own, to be filled up and given up. They need the right to mount.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted disk; unmounted when dropped.
pub struct Disk {
    at: PathBuf,
}

impl Disk {
    /// So many MB in memory, mounted at `at`.
    pub fn in_memory(at: PathBuf, megabytes: usize) -> Result<Self, String> {
        fs::create_dir(&at).unwrap();
        run(Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"]).arg(&at))?;
        Ok(Self { at })
    }

    /// An ext4 file system in `image`, made if it is not there, mounted at `at`.
    pub fn ext4(image: &Path, at: PathBuf, megabytes: u64) -> Result<Self, String> {
        fs::create_dir_all(&at).unwrap();
        if !image.exists() {
            File::create(image).unwrap().set_len(megabytes << 20).unwrap();
            run(Command::new("mkfs.ext4").arg("-q").arg(image))?;
        }
        run(Command::new("mount").args(["-o", "loop"]).arg(image).arg(&at))?;
        Ok(Self { at })
    }

    /// Has the file system give up as it does after errors of its device: nothing can be written from here on.
    pub fn give_up(&self) -> Result<(), String> {
        run(Command::new("mount").args(["-o", "remount,abort"]).arg(&self.at))
    }

    /// A file that takes all that is left, to the last byte.
    pub fn fill(&self) -> Ballast {
        let path = self.at.join("ballast");
        let mut file = File::create(&path).unwrap();
        let mut piece = vec![1; 1 << 20];
        while !piece.is_empty() {
            if file.write_all(&piece).is_err() {
                piece.truncate(piece.len() / 2);
            }
        }
        Ballast(path)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.at).status();
    }
}

/// What fills a disk; removed when dropped.
pub struct Ballast(PathBuf);

impl Drop for Ballast {
    fn drop(&mut self) {
        fs::remove_file(&self.0).unwrap();
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}: {}", command.get_program().display(), String::from_utf8_lossy(&output.stderr).trim()))
}
