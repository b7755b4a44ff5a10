//! C libraries that are looked for when the program runs.
#![allow(unsafe_code, reason = "a C library has no safe form")]

use libloading::{Library, Symbol};

/// The first of these libraries that the system has.
///
/// # Safety
/// Loading any of them must be harmless: it runs its initialisers.
pub(crate) unsafe fn open(names: &[&str]) -> Option<Library> {
    // SAFETY: promised by the caller.
    names.iter().find_map(|name| unsafe { Library::new(*name) }.ok())
}

/// The function `name` of `library`, which must outlive it.
///
/// # Safety
/// `F` must be the type of this function.
pub(crate) unsafe fn function<F: Copy>(library: &Library, name: &[u8]) -> Option<F> {
    // SAFETY: promised by the caller.
    let symbol: Symbol<'_, F> = unsafe { library.get(name) }.ok()?;
    Some(*symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_nothing() {
        // SAFETY: there is no such library.
        assert!(unsafe { open(&["libforay-has-no-such-library.so.7"]) }.is_none());
    }
}
