//! JPEG pictures made smaller by libjpeg-turbo, which is looked for when the program runs: its vector instructions decode a
//! photo of 12 megapixels in two thirds of the time. Where it is not, a decoder in Rust does the same.
#![allow(unsafe_code, reason = "a C library has no safe form")]

use std::ffi::{c_int, c_uchar, c_ulong, c_void};
use std::sync::LazyLock;

use libloading::Library;

use crate::c_library;

const NAMES: [&str; 5] = [
    "libturbojpeg.so.0",
    "libturbojpeg.0.dylib",
    "/opt/homebrew/lib/libturbojpeg.0.dylib",
    "/usr/local/lib/libturbojpeg.0.dylib",
    "turbojpeg.dll",
];

// The numbers of the TurboJPEG API 2.x, which 3.x keeps: `TJPF_RGB`, `TJPF_GRAY`; `TJCS_RGB`, `TJCS_YCbCr`, `TJCS_GRAY`.
const PIXELS_RGB: c_int = 0;
const PIXELS_GREY: c_int = 6;
const COLOURS_RGB: c_int = 0;
const COLOURS_YCBCR: c_int = 1;
const COLOURS_GREY: c_int = 2;

/// Larger ones are left to the decoder whose memory is bounded: of a progressive picture the library holds all coefficients.
const MOST_PIXELS: u64 = 50_000_000;

static LIBRARY: LazyLock<Option<Functions>> = LazyLock::new(Functions::load);

/// Whether the library is on this system.
pub(crate) fn is_there() -> bool {
    LIBRARY.is_some()
}

/// A picture that was made smaller: one byte a pixel for grey, else three.
pub(crate) struct Reduced {
    pub pixels: Vec<u8>,
    pub width: u32,
    pub height: u32,
    pub is_grey: bool,
}

/// Decodes the JPEG in `content`, whose sides must be these, to so many eighths of them. `None` where the library is missing, or for a
/// picture that it finds fault with, or of other colours.
pub(crate) fn decode(content: &[u8], (width, height): (u32, u32), eighths: u32) -> Option<Reduced> {
    let decoder = Decoder::new(LIBRARY.as_ref()?)?;
    let header = decoder.header(content)?;
    let is_expected = (c_int::try_from(width).ok()?, c_int::try_from(height).ok()?) == (header.width, header.height);
    let is_grey = header.colours == COLOURS_GREY;
    let is_large = u64::from(width) * u64::from(height) > MOST_PIXELS;
    if !is_expected || is_large || !(is_grey || matches!(header.colours, COLOURS_RGB | COLOURS_YCBCR)) {
        return None;
    }
    let reduced = |side: u32| (side * eighths).div_ceil(8);
    let (width, height) = (reduced(width), reduced(height));
    let pixels = decoder.pixels(content, (width, height), is_grey)?;
    Some(Reduced { pixels, width, height, is_grey })
}

/// The library's functions that are called here, as `turbojpeg.h` declares them.
struct Functions {
    init: unsafe extern "C" fn() -> *mut c_void,
    destroy: unsafe extern "C" fn(*mut c_void) -> c_int,
    header: unsafe extern "C" fn(
        *mut c_void,
        *const c_uchar,
        c_ulong,
        *mut c_int,
        *mut c_int,
        *mut c_int,
        *mut c_int,
    ) -> c_int,
    decompress: unsafe extern "C" fn(
        *mut c_void,
        *const c_uchar,
        c_ulong,
        *mut c_uchar,
        c_int,
        c_int,
        c_int,
        c_int,
        c_int,
    ) -> c_int,
    /// Keeps the functions where they are.
    _library: Library,
}

impl Functions {
    fn load() -> Option<Self> {
        // SAFETY: libjpeg-turbo has no initialisers.
        let library = unsafe { c_library::open(&NAMES) }?;
        macro_rules! function {
            ($name:literal) => {
                // SAFETY: the type is that of this function in `turbojpeg.h`, which has not changed since 2.0.
                unsafe { c_library::function(&library, $name) }?
            };
        }
        Some(Self {
            init: function!(b"tjInitDecompress"),
            destroy: function!(b"tjDestroy"),
            header: function!(b"tjDecompressHeader3"),
            decompress: function!(b"tjDecompress2"),
            _library: library,
        })
    }
}

struct Header {
    width: c_int,
    height: c_int,
    colours: c_int,
}

struct Decoder {
    library: &'static Functions,
    handle: *mut c_void,
}

impl Decoder {
    fn new(library: &'static Functions) -> Option<Self> {
        // SAFETY: it takes nothing, and gives a handle or null.
        let handle = unsafe { (library.init)() };
        (!handle.is_null()).then_some(Self { library, handle })
    }

    fn header(&self, content: &[u8]) -> Option<Header> {
        let (mut width, mut height, mut subsampling, mut colours) = (0, 0, 0, 0);
        // SAFETY: the handle is live, `content` has the length that is told, and the numbers are written into variables of their type.
        let failed = unsafe {
            (self.library.header)(
                self.handle,
                content.as_ptr(),
                c_ulong::try_from(content.len()).ok()?,
                &raw mut width,
                &raw mut height,
                &raw mut subsampling,
                &raw mut colours,
            )
        };
        (failed == 0).then_some(Header { width, height, colours })
    }

    fn pixels(&self, content: &[u8], (width, height): (u32, u32), is_grey: bool) -> Option<Vec<u8>> {
        let (format, channels) = if is_grey { (PIXELS_GREY, 1) } else { (PIXELS_RGB, 3) };
        let mut pixels = vec![0; width as usize * height as usize * channels];
        // SAFETY: the handle is live, `content` has the length that is told, and `pixels` has room for rows of `width` pixels, one after
        // the other (a pitch of 0), of which the library writes `height`: it refuses sides that are no eighths of the picture's.
        let failed = unsafe {
            (self.library.decompress)(
                self.handle,
                content.as_ptr(),
                c_ulong::try_from(content.len()).ok()?,
                pixels.as_mut_ptr(),
                c_int::try_from(width).ok()?,
                0,
                c_int::try_from(height).ok()?,
                format,
                0,
            )
        };
        (failed == 0).then_some(pixels)
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: the handle came from the library and is destroyed once.
        unsafe { (self.library.destroy)(self.handle) };
    }
}
