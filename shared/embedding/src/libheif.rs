//! HEIC and AVIF through libheif, which is looked for when the program runs: no build needs it, and its licence (LGPL) and the
//! patents on HEVC stay with whoever installs it.
#![allow(unsafe_code, reason = "a C library has no safe form")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ptr;
use std::sync::LazyLock;

use image::error::{DecodingError, ImageFormatHint};
use image::{ColorType, ImageDecoder, ImageError, ImageResult};
use libloading::Library;

use crate::c_library;

/// Where the library is looked for: by the system first.
const NAMES: [&str; 6] = [
    "libheif.so.1",
    "libheif.1.dylib",
    "/opt/homebrew/lib/libheif.1.dylib",
    "/usr/local/lib/libheif.1.dylib",
    "libheif.dll",
    "heif.dll",
];

// The numbers of libheif's enumerations `heif_colorspace`, `heif_chroma` and `heif_channel`.
const COLORSPACE_RGB: c_int = 1;
const CHROMA_INTERLEAVED_RGB: c_int = 10;
const CHROMA_INTERLEAVED_RGBA: c_int = 11;
const CHANNEL_INTERLEAVED: c_int = 10;

static LIBRARY: LazyLock<Option<Functions>> = LazyLock::new(Functions::load);

/// Whether the library is on this system.
pub(crate) fn is_there() -> bool {
    LIBRARY.is_some()
}

/// `struct heif_error`.
#[repr(C)]
struct Outcome {
    code: c_int,
    subcode: c_int,
    message: *const c_char,
}

/// The library's functions that are called here, as libheif 1.x declares them in `heif.h`.
struct Functions {
    context_alloc: unsafe extern "C" fn() -> *mut c_void,
    context_free: unsafe extern "C" fn(*mut c_void),
    context_read: unsafe extern "C" fn(*mut c_void, *const c_void, usize, *const c_void) -> Outcome,
    primary_handle: unsafe extern "C" fn(*mut c_void, *mut *mut c_void) -> Outcome,
    handle_release: unsafe extern "C" fn(*const c_void),
    handle_width: unsafe extern "C" fn(*const c_void) -> c_int,
    handle_height: unsafe extern "C" fn(*const c_void) -> c_int,
    handle_has_alpha: unsafe extern "C" fn(*const c_void) -> c_int,
    decode: unsafe extern "C" fn(*const c_void, *mut *mut c_void, c_int, c_int, *const c_void) -> Outcome,
    image_release: unsafe extern "C" fn(*const c_void),
    image_width: unsafe extern "C" fn(*const c_void, c_int) -> c_int,
    image_height: unsafe extern "C" fn(*const c_void, c_int) -> c_int,
    image_plane: unsafe extern "C" fn(*const c_void, c_int, *mut c_int) -> *const u8,
    /// Keeps the functions where they are.
    _library: Library,
}

impl Functions {
    fn load() -> Option<Self> {
        // SAFETY: libheif's initialisers do nothing but register its own decoders.
        let library = unsafe { c_library::open(&NAMES) }?;
        macro_rules! function {
            ($name:literal) => {
                // SAFETY: the type is that of this function in `heif.h` of libheif 1.x, whose major version is in the library's name.
                unsafe { c_library::function(&library, $name) }?
            };
        }
        Some(Self {
            context_alloc: function!(b"heif_context_alloc"),
            context_free: function!(b"heif_context_free"),
            context_read: function!(b"heif_context_read_from_memory_without_copy"),
            primary_handle: function!(b"heif_context_get_primary_image_handle"),
            handle_release: function!(b"heif_image_handle_release"),
            handle_width: function!(b"heif_image_handle_get_width"),
            handle_height: function!(b"heif_image_handle_get_height"),
            handle_has_alpha: function!(b"heif_image_handle_has_alpha_channel"),
            decode: function!(b"heif_decode_image"),
            image_release: function!(b"heif_image_release"),
            image_width: function!(b"heif_image_get_width"),
            image_height: function!(b"heif_image_get_height"),
            image_plane: function!(b"heif_image_get_plane_readonly"),
            _library: library,
        })
    }
}

/// The primary picture of a HEIC or AVIF file, upright as the file says.
pub(crate) struct HeifDecoder<'a> {
    library: &'static Functions,
    context: *mut c_void,
    handle: *mut c_void,
    name: &'static str,
    _content: PhantomData<&'a [u8]>,
}

impl<'a> HeifDecoder<'a> {
    /// Reads the structure of `content`, which is of the format `name`.
    pub fn new(content: &'a [u8], name: &'static str) -> ImageResult<Self> {
        let library = LIBRARY.as_ref().ok_or_else(|| failure(name, "the library libheif is not on this system"))?;
        // SAFETY: it takes nothing, and gives a context or null.
        let context = unsafe { (library.context_alloc)() };
        let mut decoder = Self { library, context, handle: ptr::null_mut(), name, _content: PhantomData };
        if context.is_null() {
            return Err(failure(name, "libheif has no memory"));
        }
        // SAFETY: the context is live, and the content outlives this value, which frees the context when it is dropped.
        let read = unsafe { (library.context_read)(context, content.as_ptr().cast(), content.len(), ptr::null()) };
        decoder.check(&read)?;
        // SAFETY: the context is live and has been read into; the handle is released when this value is dropped.
        let found = unsafe { (library.primary_handle)(context, &raw mut decoder.handle) };
        decoder.check(&found)?;
        Ok(decoder)
    }

    fn check(&self, outcome: &Outcome) -> ImageResult<()> {
        if outcome.code == 0 {
            return Ok(());
        }
        let message = if outcome.message.is_null() {
            "no reason given".into()
        } else {
            // SAFETY: libheif's messages end with a null byte and live as long as the context, which this value holds.
            unsafe { CStr::from_ptr(outcome.message) }.to_string_lossy()
        };
        Err(failure(self.name, &format!("libheif: {message} ({}.{})", outcome.code, outcome.subcode)))
    }

    fn has_alpha(&self) -> bool {
        // SAFETY: the handle is live.
        unsafe { (self.library.handle_has_alpha)(self.handle) != 0 }
    }

    fn channels(&self) -> usize {
        if self.has_alpha() { 4 } else { 3 }
    }

    fn decode_into(&self, pixels: &mut [u8]) -> ImageResult<()> {
        let chroma = if self.has_alpha() { CHROMA_INTERLEAVED_RGBA } else { CHROMA_INTERLEAVED_RGB };
        let mut image = DecodedImage { library: self.library, image: ptr::null_mut() };
        // SAFETY: the handle is live; the image is released when `image` is dropped.
        let decoded =
            unsafe { (self.library.decode)(self.handle, &raw mut image.image, COLORSPACE_RGB, chroma, ptr::null()) };
        self.check(&decoded)?;
        let (width, height) = self.dimensions();
        let row = width as usize * self.channels();
        let rows = image
            .rows(row, (width, height))
            .ok_or_else(|| failure(self.name, "libheif gave another picture than it told of"))?;
        pixels.chunks_exact_mut(row).zip(rows).for_each(|(to, from)| to.copy_from_slice(from));
        Ok(())
    }
}

impl Drop for HeifDecoder<'_> {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            // SAFETY: the handle came from the library and is released once, before its context.
            unsafe { (self.library.handle_release)(self.handle) };
        }
        if !self.context.is_null() {
            // SAFETY: the context came from the library and is freed once.
            unsafe { (self.library.context_free)(self.context) };
        }
    }
}

/// A picture in libheif's memory.
struct DecodedImage {
    library: &'static Functions,
    image: *mut c_void,
}

impl DecodedImage {
    /// Its rows, of `row` bytes each, if it has the size that is expected.
    fn rows(&self, row: usize, (width, height): (u32, u32)) -> Option<impl Iterator<Item = &[u8]>> {
        // SAFETY: the image is live.
        let size = unsafe {
            let side = |of: unsafe extern "C" fn(*const c_void, c_int) -> c_int| of(self.image, CHANNEL_INTERLEAVED);
            (side(self.library.image_width), side(self.library.image_height))
        };
        let mut stride = 0;
        // SAFETY: the image is live, and the stride is written into a variable of its type.
        let plane = unsafe { (self.library.image_plane)(self.image, CHANNEL_INTERLEAVED, &raw mut stride) };
        let stride = usize::try_from(stride).ok()?;
        let is_expected = size == (c_int::try_from(width).ok()?, c_int::try_from(height).ok()?);
        if plane.is_null() || !is_expected || stride < row {
            return None;
        }
        // SAFETY: the plane has `height` rows, `stride` bytes apart, of which each holds `row` bytes; it lives as long as the image.
        Some((0..height as usize).map(move |y| unsafe { std::slice::from_raw_parts(plane.add(y * stride), row) }))
    }
}

impl Drop for DecodedImage {
    fn drop(&mut self) {
        if !self.image.is_null() {
            // SAFETY: the image came from the library and is released once.
            unsafe { (self.library.image_release)(self.image) };
        }
    }
}

impl ImageDecoder for HeifDecoder<'_> {
    fn dimensions(&self) -> (u32, u32) {
        // SAFETY: the handle is live.
        let (width, height) =
            unsafe { ((self.library.handle_width)(self.handle), (self.library.handle_height)(self.handle)) };
        (width.max(0) as u32, height.max(0) as u32)
    }

    fn color_type(&self) -> ColorType {
        if self.has_alpha() { ColorType::Rgba8 } else { ColorType::Rgb8 }
    }

    fn read_image(self, pixels: &mut [u8]) -> ImageResult<()> {
        self.decode_into(pixels)
    }

    fn read_image_boxed(self: Box<Self>, pixels: &mut [u8]) -> ImageResult<()> {
        self.decode_into(pixels)
    }
}

fn failure(name: &'static str, reason: &str) -> ImageError {
    ImageError::Decoding(DecodingError::new(ImageFormatHint::Name(name.to_uppercase()), reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_picture_is_an_error_and_leaves_nothing_behind() {
        if !is_there() {
            eprintln!("skipped: the test of libheif needs libheif");
            return;
        }
        for content in [&b""[..], b"\0\0\0\x18ftypheic\0\0\0\0heicmif1", &[0xff; 5_000]] {
            let error = HeifDecoder::new(content, "heic").err().unwrap().to_string();
            assert!(error.contains("HEIC") && error.len() > 20, "{error}");
        }
    }
}
