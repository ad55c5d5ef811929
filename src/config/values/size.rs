//! A terminal's size: `120x40`.

use super::text::{BadValue, quoted, text_value};
use std::fmt;
use std::str::FromStr;

/// The columns and rows of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// The number of columns, at least 2: a wide character needs two cells.
    pub columns: u16,
    /// The number of rows, at least 1.
    pub rows: u16,
}

text_value!(
    TerminalSize,
    name: "TerminalSize",
    expecting: "a terminal size, columns by rows, such as \"120x40\"",
    examples: ["120x40", "80x24"],
    pattern: "^\\d{1,4}x\\d{1,4}$"
);

/// The most columns or rows a terminal may have; larger ones are mistakes and cost memory per cell. Beyond it, the size
/// is refused.
const SIDE_MAX: u16 = 1_000;

impl FromStr for TerminalSize {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<TerminalSize, BadValue> {
        let side = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u16>().ok()).flatten();
        text.split_once('x')
            .and_then(|(columns, rows)| Some(TerminalSize { columns: side(columns)?, rows: side(rows)? }))
            .filter(|size| (2..=SIDE_MAX).contains(&size.columns) && (1..=SIDE_MAX).contains(&size.rows))
            .ok_or_else(|| {
                BadValue(format!(
                    "{} is not a terminal size: expected columns by rows, from 2x1 to {SIDE_MAX}x{SIDE_MAX}, such as \
                     \"120x40\"",
                    quoted(text)
                ))
            })
    }
}

impl fmt::Display for TerminalSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.columns, self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_columns_by_rows_within_bounds() {
        assert_eq!("120x40".parse(), Ok(TerminalSize { columns: 120, rows: 40 }));
        for bad in ["", "x", "120", "120 x 40", "1x24", "80x0", "1001x24", "+80x24", "80x24x1"] {
            assert!(bad.parse::<TerminalSize>().is_err(), "{bad}");
        }
    }
}
