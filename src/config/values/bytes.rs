//! Amounts of memory and disk: `512MiB`, `2GiB`, `100MB`, `4096B`.

use super::text::{BadValue, quoted, text_value};
use std::fmt;
use std::str::FromStr;

/// An amount in bytes, written as a whole number with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

text_value!(
    Bytes,
    name: "Bytes",
    expecting: "a size with its unit, such as \"512MiB\" or \"2GiB\"",
    examples: ["512MiB", "2GiB", "100MB"],
    pattern: "^\\d+(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$"
);

/// The units (IEC 80000-13 and SI) and their bytes. An amount is printed in the first unit that divides it.
const UNITS: [(&str, u64); 10] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("KB", 1_000),
    ("B", 1),
];

impl FromStr for Bytes {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Bytes, BadValue> {
        let bad =
            |why: &str| BadValue(format!("{} is not a size: {why}; write it as \"512MiB\" or \"2GiB\"", quoted(text)));
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let (_, scale) = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(|| bad("expected a whole number and one of B, kB, MB, GB, TB, KiB, MiB, GiB, TiB"))?;
        let number: u64 = number.parse().map_err(|_| bad("expected a whole number before the unit"))?;
        number.checked_mul(*scale).map(Bytes).ok_or_else(|| bad("it is too large"))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, scale) =
            UNITS.iter().find(|(_, scale)| self.0 != 0 && self.0.is_multiple_of(*scale)).unwrap_or(&("B", 1));
        write!(f, "{}{unit}", self.0 / scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_write() {
        assert_eq!("2GiB".parse(), Ok(Bytes(2 << 30)));
        assert_eq!("100MB".parse(), Ok(Bytes(100_000_000)));
        for bad in ["", "2", "GiB", "2 GiB", "2gib", "1.5GiB", "99999999TiB"] {
            assert!(bad.parse::<Bytes>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn prints_what_it_reads(bytes: u64) {
            prop_assert_eq!(Bytes(bytes).to_string().parse(), Ok(Bytes(bytes)));
        }

        #[test]
        fn no_text_panics(text in "\\PC*|[0-9]{0,25}[KMGTiB]{0,3}") {
            let _ = text.parse::<Bytes>();
        }
    }
}
