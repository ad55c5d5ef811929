//! Makes an SVG picture of a drawing of ratatui, with one place per cell. Wide characters take two. Lines and bars are
//! drawn as paths and not as characters, because the characters of a viewer's font may leave gaps between them. Pure:
//! the README's picture is made from the real dashboard, and a test can check it.

use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// Width and height of a cell, in pixels.
const CELL: (u32, u32) = (9, 17);
/// The margin around all cells, in pixels.
const MARGIN: u32 = 14;
/// The height of the text's baseline above the cell's lower edge, in pixels.
const BASELINE: u32 = 4;
/// The values of the sixteen named colours; `INK` and `GROUND` are the default colours of the terminal.
const NAMED: [u32; 16] = [
    0x1d2027, 0xe06c75, 0x98c379, 0xe5c07b, 0x61afef, 0xc678dd, 0x56b6c2, 0xabb2bf, 0x7a828e, 0xe88890, 0xb1d196,
    0xf0d197, 0x83c1f4, 0xd598e7, 0x7cc7d1, 0xe6e9ef,
];
const INK: u32 = 0xd0d5dd;
const GROUND: u32 = 0x16181d;

/// A character that is drawn as a path: a part of a line or of a bar. `from` is where the SVG path starts in its cell.
struct Stroke {
    symbol: &'static str,
    width: f32,
    from: (f32, f32),
    path: &'static str,
}

/// The path that leads to the right edge of the run's last cell.
const RIGHT: &str = "h";

const fn stroke(symbol: &'static str, width: f32, from: (f32, f32), path: &'static str) -> Stroke {
    Stroke { symbol, width, from, path }
}

/// The characters that are drawn as paths. All lines meet in the middle of a cell's edges, see [`CELL`].
const STROKES: [Stroke; 9] = [
    stroke("─", 1.2, (0.0, 8.5), RIGHT),
    stroke("━", 3.0, (0.0, 8.5), RIGHT),
    stroke("█", 17.0, (0.0, 8.5), RIGHT),
    stroke("│", 1.2, (4.5, 0.0), "v17"),
    stroke("▌", 4.5, (2.25, 0.0), "v17"),
    stroke("╭", 1.2, (4.5, 17.0), "v-4q0-4.5 4.5-4.5"),
    stroke("╮", 1.2, (4.5, 17.0), "v-4q0-4.5-4.5-4.5"),
    stroke("╰", 1.2, (4.5, 0.0), "v4q0 4.5 4.5 4.5"),
    stroke("╯", 1.2, (4.5, 0.0), "v4q0 4.5-4.5 4.5"),
];

/// Returns the SVG picture of a buffer.
pub fn render(buffer: &Buffer) -> String {
    let (columns, rows) = (u32::from(buffer.area.width), u32::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 2 * MARGIN, rows * CELL.1 + 2 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',\
         'Noto Sans Mono CJK JP',monospace\" font-size=\"15\" \
         xml:space=\"preserve\">\n<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#{GROUND:06x}\"/>\n"
    );
    for y in 0..buffer.area.height {
        let runs = runs(buffer, y);
        for run in &runs {
            ground(&mut svg, run, y);
        }
        for run in &runs {
            match STROKES.iter().find(|stroke| run.text.starts_with(stroke.symbol)) {
                Some(stroke) => line(&mut svg, run, y, stroke),
                None => text(&mut svg, run, y),
            }
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Neighbouring cells that look the same and are drawn together.
struct Run<'buffer> {
    x: u16,
    cells: u16,
    text: String,
    style: &'buffer Cell,
}

fn runs(buffer: &Buffer, y: u16) -> Vec<Run<'_>> {
    let mut runs: Vec<Run> = Vec::new();
    let mut x = 0;
    while x < buffer.area.width {
        let cell = &buffer[(buffer.area.x + x, buffer.area.y + y)];
        let cells = cell.cell_width().max(1);
        match runs.last_mut() {
            Some(run) if goes_with(&run.text, cell.symbol()) && same_look(run.style, cell) => {
                run.cells += cells;
                run.text.push_str(cell.symbol());
            }
            _ => runs.push(Run { x, cells, text: cell.symbol().to_owned(), style: cell }),
        }
        x += cells;
    }
    runs
}

/// Whether a character joins a run. ASCII characters share a run, and so do the pieces of a line; any other character
/// may have another width in the viewer's font than in the grid.
fn goes_with(run: &str, symbol: &str) -> bool {
    run.is_ascii() && symbol.is_ascii() || ["─", "━", "█"].contains(&symbol) && run.starts_with(symbol)
}

fn same_look(a: &Cell, b: &Cell) -> bool {
    (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)
}

fn colours(cell: &Cell) -> (u32, u32) {
    let (ink, ground) = (rgb(cell.fg).unwrap_or(INK), rgb(cell.bg).unwrap_or(GROUND));
    if cell.modifier.contains(Modifier::REVERSED) { (ground, ink) } else { (ink, ground) }
}

fn ground(svg: &mut String, run: &Run<'_>, y: u16) {
    let (_, ground) = colours(run.style);
    if ground != GROUND {
        let (x, top) = (MARGIN + u32::from(run.x) * CELL.0, MARGIN + u32::from(y) * CELL.1);
        let width = u32::from(run.cells) * CELL.0;
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"#{ground:06x}\"/>",
            CELL.1
        );
    }
}

fn text(svg: &mut String, run: &Run<'_>, y: u16) {
    let blank = run.text.trim().is_empty();
    let lined = run.style.modifier.intersects(Modifier::UNDERLINED | Modifier::CROSSED_OUT);
    if blank && !lined {
        return;
    }
    let (ink, _) = colours(run.style);
    let x = MARGIN + u32::from(run.x) * CELL.0;
    let bottom = MARGIN + u32::from(y + 1) * CELL.1 - BASELINE;
    let width = u32::from(run.cells) * CELL.0;
    let looks = [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::DIM, " opacity=\"0.6\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
        (Modifier::CROSSED_OUT, " text-decoration=\"line-through\""),
    ];
    let look: String = looks.iter().filter(|(on, _)| run.style.modifier.contains(*on)).map(|(_, look)| *look).collect();
    let _ = writeln!(
        svg,
        "<text x=\"{x}\" y=\"{bottom}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"#{ink:06x}\"{look}>{}</text>",
        escaped(&run.text)
    );
}

/// Draws a line; a line to the right is as long as the run.
fn line(svg: &mut String, run: &Run<'_>, y: u16, stroke: &Stroke) {
    let (ink, _) = colours(run.style);
    let x = f32::from(run.x) * CELL.0 as f32 + MARGIN as f32 + stroke.from.0;
    let y = f32::from(y) * CELL.1 as f32 + MARGIN as f32 + stroke.from.1;
    let path = match stroke.path {
        RIGHT => format!("h{}", u32::from(run.cells) * CELL.0),
        path => path.to_owned(),
    };
    let width = stroke.width;
    let _ = writeln!(svg, "<path d=\"M{x} {y}{path}\" fill=\"none\" stroke=\"#{ink:06x}\" stroke-width=\"{width}\"/>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Returns the value of a colour; none for the terminal's own.
fn rgb(color: Color) -> Option<u32> {
    let named = match color {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => return Some(u32::from_be_bytes([0, red, green, blue])),
        Color::Indexed(index) => return Some(indexed(index)),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    Some(NAMED[named])
}

/// Returns one of xterm's 256 colours: sixteen named ones, a cube of six levels, and 24 greys.
fn indexed(index: u8) -> u32 {
    let level = |step: u8| if step == 0 { 0 } else { 55 + u32::from(step) * 40 };
    match index {
        0..16 => NAMED[usize::from(index)],
        16..232 => {
            let cube = index - 16;
            level(cube / 36) << 16 | level(cube / 6 % 6) << 8 | level(cube % 6)
        }
        232.. => (8 + u32::from(index - 232) * 10) * 0x01_0101,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn cells_become_text_where_they_stand() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
        buffer.set_string(0, 0, "a<日b", Style::new().fg(Color::Red).bg(Color::Indexed(196)));
        let svg = render(&buffer);
        assert!(
            svg.contains(">a&lt;</text>") && svg.contains("textLength=\"18\"") && svg.contains(">日</text>"),
            "{svg}"
        );
        assert!(svg.contains("fill=\"#ff0000\"") && svg.contains("fill=\"#e06c75\""), "{svg}");
        assert_eq!(svg.matches("<text").count(), 3, "{svg}");
    }

    #[test]
    fn lines_are_drawn_and_meet() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 5, 1));
        buffer.set_string(0, 0, "╭───╮", Style::new());
        let svg = render(&buffer);
        assert_eq!((svg.matches("<text").count(), svg.matches("<path").count()), (0, 3), "{svg}");
        assert!(svg.contains("M23 22.5h27"), "from the corner's right edge to the other's left: {svg}");
    }
}
