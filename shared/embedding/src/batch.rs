//! How many pictures are embedded at once: what fits into the device's memory, and half of it after each time it did not.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use nvml_wrapper::Nvml;

use crate::Device;

/// More than this wins nothing on a processor, whose cores one picture keeps busy already: on two cores 8 pictures at once are
/// embedded at 59 a second, 16 at 54.
const MOST_ON_PROCESSOR: usize = 8;
const MOST_ON_ACCELERATOR: usize = 256;
/// A picture's activations at their peak, as a multiple of its input: a ViT-B/16 holds 24, a SO400M at 384 px 42.
const ACTIVATIONS: u64 = 48;
/// The share of the free memory that one batch may take.
const SHARE: u64 = 4;
/// Where the system does not tell.
const ASSUMED_FREE: u64 = 2 << 30;

/// The size of batches, which only shrinks.
#[derive(Debug)]
pub(crate) struct BatchSize(AtomicUsize);

impl BatchSize {
    /// For pictures of `side` pixels on `device`.
    pub fn fitting(device: &Device, side: u32) -> Self {
        let free = free_memory(device).unwrap_or(ASSUMED_FREE);
        let most = if device.accelerates() { MOST_ON_ACCELERATOR } else { MOST_ON_PROCESSOR };
        Self(AtomicUsize::new(fitting(free, side).min(most)))
    }

    /// The size now, at least 1.
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Halves it after a batch of `size` did not fit; the new one, or nothing when one picture is too much.
    pub fn halve(&self, size: usize) -> Option<usize> {
        let half = size / 2;
        (half > 0).then(|| self.0.fetch_min(half, Ordering::Relaxed).min(half))
    }
}

fn fitting(free: u64, side: u32) -> usize {
    let picture = 3 * 4 * u64::from(side) * u64::from(side) * ACTIVATIONS;
    let count = (free / SHARE / picture).max(1) as usize;
    // A power of two: that is what devices are made for.
    1 << count.ilog2()
}

/// Free bytes of the memory that `device` computes in, if somebody tells.
fn free_memory(device: &Device) -> Option<u64> {
    match device {
        Device::Cuda(number) | Device::TensorRt(number) => {
            Some(Nvml::init().ok()?.device_by_index(*number).ok()?.memory_info().ok()?.free)
        }
        _ => {
            let table = fs::read_to_string("/proc/meminfo").ok()?;
            let line = table.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
            line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_fit_into_the_memory() {
        assert_eq!(fitting(16 << 30, 224), 128);
        assert_eq!(fitting(16 << 30, 384), 32);
        assert_eq!(fitting(512 << 20, 384), 1);
        assert_eq!(fitting(0, 224), 1);
        assert!(BatchSize::fitting(&Device::Cpu, 32).get() <= MOST_ON_PROCESSOR);
    }

    #[test]
    fn a_batch_that_does_not_fit_is_halved_until_it_is_one_picture() {
        let size = BatchSize(AtomicUsize::new(16));
        assert_eq!(size.halve(16), Some(8));
        // Another thread's batch of the old size is no reason to halve twice.
        assert_eq!(size.halve(16), Some(8));
        assert_eq!((size.halve(8), size.halve(4), size.halve(2), size.halve(1)), (Some(4), Some(2), Some(1), None));
        assert_eq!(size.get(), 1);
    }
}
