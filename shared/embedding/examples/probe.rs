//! probe
use foray_embedding::*;
fn main() {
    for f in std::env::args().skip(1) {
        match decode(&std::fs::read(&f).unwrap(), &DecodeLimits::default()) {
            Ok(p) => println!("OK {} {}x{}", p.format, p.width, p.height),
            Err(e) => println!("{e}"),
        }
    }
}
