//! What holds for any bytes, cut anywhere, at any size.

use crate::bytes::stream;
use crate::{HISTORY, cells, picture, seen, size};
use proptest::prelude::*;
use quarterdeck::term::frame::{Frame, Size};
use quarterdeck::term::{TermSignal, Terminal};

/// Something that happens to a terminal.
#[derive(Clone, Debug)]
enum Step {
    Bytes(Vec<u8>),
    Resize(u16, u16),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let resize = (0_u16..30, 0_u16..12).prop_map(|(columns, rows)| Step::Resize(columns, rows));
    prop::collection::vec(prop_oneof![3 => stream().prop_map(Step::Bytes), 1 => resize], 0..8)
}

fn run(terminal: &mut Terminal, step: &Step) {
    match step {
        Step::Bytes(bytes) => terminal.advance(bytes),
        Step::Resize(columns, rows) => terminal.resize(Size::clamped(*columns, *rows)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Not even a contained panic is wanted.
    #[test]
    fn nothing_makes_the_emulator_fail(steps in steps()) {
        let mut terminal = Terminal::new(size(10, 4), HISTORY);
        for step in &steps {
            run(&mut terminal, step);
            terminal.frame();
            prop_assert!(!terminal.take_signals().contains(&TermSignal::EmulatorRestarted));
        }
    }

    #[test]
    fn rows_fit_their_terminal_whatever_is_written(steps in steps()) {
        let mut terminal = Terminal::new(size(10, 4), HISTORY);
        for step in &steps {
            run(&mut terminal, step);
            let frame = terminal.frame();
            prop_assert_eq!(frame.rows.len(), usize::from(frame.size.rows));
            prop_assert!(frame.cursor.column < frame.size.columns && frame.cursor.row < frame.size.rows);
            for row in frame.rows.iter().chain(&terminal.history(u32::MAX)) {
                prop_assert!(cells(row) <= usize::from(frame.size.columns), "{row:?}");
                prop_assert!(row.spans.iter().all(|span| !span.text.contains(char::is_control)));
            }
        }
    }

    #[test]
    fn chunk_borders_mean_nothing(bytes in stream(), cuts in prop::collection::vec(1_usize..20, 1..20)) {
        let mut whole = Terminal::new(size(10, 4), HISTORY);
        whole.advance(&bytes);
        let mut cut = Terminal::new(size(10, 4), HISTORY);
        let mut rest = bytes.as_slice();
        for length in cuts.iter().cycle() {
            let (chunk, after) = rest.split_at(rest.len().min(*length));
            cut.advance(chunk);
            cut.frame();
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(seen(&mut cut), seen(&mut whole));
        prop_assert_eq!(cut.take_replies(), whole.take_replies());
        prop_assert_eq!(cut.take_signals(), whole.take_signals());
    }

    /// A viewer that folds updates sees what one sees that is given whole frames; a frame painted from damage is the
    /// one painted from nothing.
    #[test]
    fn folded_updates_are_the_frame(steps in steps()) {
        let mut terminal = Terminal::new(size(10, 4), HISTORY);
        let mut older = terminal.frame();
        let mut viewer = Frame::blank(size(3, 3));
        viewer.apply(older.since(&viewer));
        for (done, step) in steps.iter().enumerate() {
            run(&mut terminal, step);
            let frame = terminal.frame();
            viewer.apply(frame.since(&older));
            prop_assert_eq!(&viewer, &frame);
            let mut afresh = Terminal::new(size(10, 4), HISTORY);
            steps[..=done].iter().for_each(|step| run(&mut afresh, step));
            prop_assert_eq!(picture(&mut afresh), Frame { seq: 0, ..frame.clone() });
            older = frame;
        }
    }
}
