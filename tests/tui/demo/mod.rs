//! An invented fleet that is always the same: for the snapshot tests, for the picture in the README, and for units that
//! need an agent (`src/tui/mod.rs` takes it in for them).

pub mod board;
mod work;

use quarterdeck::api::agents::{
    Agent, AgentHealth, AgentState, Attention, ConfigState, Question, QuestionKind, Status, StatusSource, Usage,
};
use quarterdeck::api::events::{EventRecord, Severity};
use quarterdeck::api::work::Work;
use quarterdeck::term::frame::{Color, Cursor, CursorShape, Frame, Glyphs, Row, Size, Span, Style};
use quarterdeck::tui::keymap::Keymap;
use quarterdeck::tui::link::{FromFleet, ToFleet};
use quarterdeck::tui::model::{Mode, Model};
use quarterdeck::tui::msg::{Cmd, Msg};
use quarterdeck::tui::theme::Looks;
use quarterdeck::tui::update::update;
use std::sync::Arc;
pub use work::NOW_MS;

const MEGABYTE: u64 = 1 << 20;

/// Returns a dashboard of this size that shows the demo's fleet, with the working agent selected.
pub fn model(columns: u16, rows: u16) -> Model {
    let mut model = empty(columns, rows);
    let words = [FromFleet::Fleet { changed: agents(), removed: vec![], banners: vec![] }];
    for word in words.into_iter().chain(facts().into_iter().map(FromFleet::Fact)) {
        update(&mut model, Msg::Fleet(word), NOW_MS);
    }
    model.roster.select("builder", NOW_MS);
    update(&mut model, Msg::Tick, NOW_MS);
    for agent in agents() {
        let frame = if agent.name == "builder" { screen(72, 24) } else { small_screen(&agent) };
        update(&mut model, Msg::Fleet(FromFleet::Whole { agent: agent.name, frame }), NOW_MS);
    }
    update(&mut model, Msg::Drawn, NOW_MS);
    model
}

/// Answers everything that the shown tab asks for, until it asks for nothing more.
pub fn answer(model: &mut Model, cmds: Vec<Cmd>) {
    let mut asked = cmds;
    while let Some(cmd) = asked.pop() {
        if let Cmd::Send(ToFleet::Fetch { topic }) = cmd {
            let data = Box::new(Ok(board::data(&topic)));
            asked.extend(update(model, Msg::Fleet(FromFleet::Fetched { topic, data }), NOW_MS));
        }
    }
}

/// Returns a dashboard that is connected and has no agents.
pub fn empty(columns: u16, rows: u16) -> Model {
    let mut model = Model::new(Mode::Dashboard, (columns, rows), NOW_MS, Keymap::default(), Looks::built_in());
    update(&mut model, Msg::Fleet(FromFleet::Connected { fleet: "lighthouse".to_owned() }), NOW_MS);
    model
}

/// Returns eight agents in various conditions.
pub fn agents() -> Vec<Agent> {
    use AgentState as S;
    let agent = |name: &str, state, status, attention, age_s: u64, summary: &str, last_line: &str| {
        let runs = quarterdeck::tui::model::roster::is_live(state);
        Agent {
            name: name.to_owned(),
            state,
            status,
            summary: summary.to_owned(),
            detail: Some(if summary.contains(' ') { summary } else { "" }.to_owned()),
            attention,
            health: match (attention, runs) {
                (Attention::Failed, _) => AgentHealth::Unhealthy,
                (_, true) => AgentHealth::Healthy,
                (_, false) => AgentHealth::Unknown,
            },
            health_reason: None,
            since_ms: NOW_MS - age_s * 1_000,
            status_since_ms: NOW_MS - age_s * 1_000,
            status_source: runs.then_some(StatusSource::Output),
            question: None,
            blocked: None,
            task: None,
            error: None,
            run: Some(format!("r{}", 10 + name.len())),
            started_ms: Some(NOW_MS - age_s * 1_000 - 600_000),
            pid: runs.then_some(4_000 + name.len() as u32),
            exit_code: None,
            exit_signal: None,
            reason: None,
            failures: 0,
            config: ConfigState::Current,
            workspace: Some(format!("/srv/lighthouse/workspaces/{name}")),
            branch: Some(format!("qd/{name}")),
            capabilities: Vec::new(),
            command: name.to_owned(),
            title: String::new(),
            last_line: last_line.to_owned(),
            last_output_ms: Some(NOW_MS - 1_000),
            usage: None,
            work: None,
        }
    };
    let usage = |cpu_percent, megabytes, processes| {
        let memory_bytes = megabytes * MEGABYTE;
        Some(Usage { cpu_percent, cpu_ms: 61_000, memory_bytes, processes, sampled_ms: NOW_MS })
    };
    let mut agents = vec![
        agent("builder", S::Ready, Status::Working, Attention::Working, 42, "working", "test parser::spans ... ok"),
        agent("docs", S::Ready, Status::Working, Attention::Working, 131, "working", "writing docs/locks.md"),
        agent(
            "fuzzer",
            S::GaveUp,
            Status::Stopped,
            Attention::Failed,
            1_260,
            "gave up after 5 restarts (exit 101)",
            "thread 'main' panicked at src/lexer.rs:88",
        ),
        agent(
            "indexer",
            S::Completed,
            Status::Stopped,
            Attention::FinishedUnseen,
            305,
            "completed",
            "412 public items",
        ),
        agent("migrations", S::Ready, Status::Paused, Attention::Paused, 7_400, "paused", "-- 0042_leases.sql"),
        agent("nightly", S::Off, Status::Stopped, Attention::Off, 90_000, "off", ""),
        agent(
            "reviewer",
            S::Ready,
            Status::Waiting,
            Attention::NeedsYou,
            184,
            "asks for permission: Apply this edit to src/lock.rs? (y/n)",
            "Apply this edit to src/lock.rs? (y/n)",
        ),
        agent("translator", S::Ready, Status::Idle, Attention::Quiet, 966, "idle", "ready for the next chapter"),
    ];
    for agent in &mut agents {
        match agent.name.as_str() {
            "builder" => {
                agent.usage = usage(187.4, 412, 9);
                agent.title = "cargo test".to_owned();
            }
            "docs" => agent.usage = usage(11.8, 286, 3),
            "reviewer" => {
                agent.usage = usage(0.2, 301, 4);
                agent.question = Some(Question {
                    kind: QuestionKind::Permission,
                    text: "Apply this edit to src/lock.rs? (y/n)".to_owned(),
                    since_ms: agent.status_since_ms,
                    snoozed_until_ms: None,
                });
            }
            "migrations" => agent.usage = usage(0.0, 96, 2),
            "translator" => {
                agent.usage = usage(0.0, 1_310, 3);
                agent.config = ConfigState::Changed;
            }
            "fuzzer" => agent.exit_code = Some(101),
            "indexer" => {
                agent.exit_code = Some(0);
                agent.work = Some(Work {
                    commits_ahead: 2,
                    base: Some("main".to_owned()),
                    last_commit: Some("List 412 public items".to_owned()),
                    lines_added: 438,
                    lines_removed: 12,
                    ..Work::default()
                });
            }
            _ => {}
        }
    }
    agents
}

/// Returns the newest facts of the demo's fleet.
pub fn facts() -> Vec<EventRecord> {
    let told: [(u64, &str, Severity, &str, &str); 8] = [
        (7_400, "migrations", Severity::Info, "agent.paused", "paused: 2 processes frozen"),
        (1_260, "fuzzer", Severity::Error, "agent.gave_up", "gave up: 5 restarts within 10 minutes (exit 101)"),
        (966, "translator", Severity::Info, "agent.changed", "configuration changed: restart to apply"),
        (305, "indexer", Severity::Info, "agent.ended", "completed in 4m 12s (exit 0)"),
        (
            184,
            "reviewer",
            Severity::Warning,
            "agent.asks",
            "asks for permission: Apply this edit to src/lock.rs? (y/n)",
        ),
        (131, "docs", Severity::Info, "agent.ready", "ready after 1.2 s"),
        (44, "builder", Severity::Info, "agent.started", "started (pid 4007)"),
        (42, "builder", Severity::Info, "agent.ready", "ready after 0.3 s"),
    ];
    let fact =
        |(index, (age_s, agent, severity, kind, message)): (usize, (u64, &str, Severity, &str, &str))| EventRecord {
            seq: index as u64 + 1,
            at_ms: NOW_MS - age_s * 1_000,
            kind: kind.to_owned(),
            severity,
            agent: Some(agent.to_owned()),
            run: None,
            message: message.to_owned(),
            data: serde_json::Value::Null,
        };
    told.into_iter().enumerate().map(fact).collect()
}

fn ink(index: u8) -> Style {
    Style { foreground: Color::Indexed(index), ..Style::default() }
}

fn bold(style: Style) -> Style {
    Style { attributes: style.attributes | Style::BOLD, ..style }
}

/// Returns a row made of pieces; characters from U+1100 on count as wide ones, which is enough for the texts of the
/// demo.
pub fn row(pieces: &[(Style, &str)]) -> Arc<Row> {
    let span = |(style, text): &(Style, &str)| {
        let wide = text.chars().all(|character| ('\u{3000}'..'\u{ffff}').contains(&character));
        Span {
            style: *style,
            glyphs: if wide && !text.is_empty() { Glyphs::Wide } else { Glyphs::Narrow },
            text: (*text).to_owned(),
            link: None,
        }
    };
    Arc::new(Row { spans: pieces.iter().map(span).collect(), wraps: false })
}

/// Returns the screen of the selected agent: a test run, with colours and wide characters.
pub fn screen(columns: u16, rows: u16) -> Frame {
    let plain = Style::default();
    let (green, cyan, yellow, grey) = (ink(2), ink(6), ink(3), ink(8));
    let mut lines = vec![
        row(&[(bold(green), "$ "), (plain, "cargo test --workspace")]),
        row(&[(bold(green), "   Compiling"), (plain, " lighthouse v0.4.1")]),
        row(&[(bold(green), "    Finished"), (plain, " `test` profile in 6.02s")]),
        row(&[(bold(green), "     Running"), (plain, " unittests "), (grey, "src/lib.rs")]),
        row(&[]),
        row(&[(plain, "running 148 tests")]),
    ];
    for name in ["lock::exclusive_excludes", "lock::shared_shares", "lock::tokens_only_grow", "lexer::日本語"] {
        let (ascii, wide) = name.split_at(name.find(|c: char| !c.is_ascii()).unwrap_or(name.len()));
        lines.push(row(&[(plain, "test "), (cyan, ascii), (cyan, wide), (plain, " ... "), (green, "ok")]));
    }
    lines.push(row(&[(plain, "test "), (cyan, "plan::slow_path"), (plain, " ... "), (yellow, "ignored")]));
    lines.push(row(&[(plain, "test "), (cyan, "parser::spans"), (plain, " ... "), (green, "ok")]));
    lines.push(row(&[]));
    lines.push(row(&[(green, "━━━━━━━━━━━━━━━━━━━━━━━━"), (grey, "━━━━━━━━━━━━"), (plain, " 99/148")]));
    let last = lines.len() as u16;
    lines.truncate(usize::from(rows));
    lines.resize(usize::from(rows), row(&[]));
    Frame {
        seq: 7,
        rows: lines,
        cursor: Cursor { column: 0, row: last.min(rows.saturating_sub(1)), shape: CursorShape::Block },
        title: "cargo test".to_owned(),
        history_lines: 1_200,
        ..Frame::blank(Size { columns, rows })
    }
}

/// Returns the dashboard for the README: the same fleet, with the selected agent at work on a change.
pub fn picture(columns: u16, rows: u16) -> Model {
    let mut model = model(columns, rows);
    let mut agent = agents().swap_remove(0);
    agent.title = "lease deadline".to_owned();
    agent.last_line = "Running the whole suite".to_owned();
    let panel = quarterdeck::tui::layout::parts(&model).screen;
    let frame = coding_screen(panel.width, panel.height);
    let words = [
        FromFleet::Fleet { changed: vec![agent], removed: vec![], banners: vec![] },
        FromFleet::Whole { agent: "builder".to_owned(), frame },
    ];
    for word in words {
        update(&mut model, Msg::Fleet(word), NOW_MS);
    }
    model
}

/// Returns the screen of an agent that has changed a file, tested it, and runs the rest of the tests.
fn coding_screen(columns: u16, rows: u16) -> Frame {
    let plain = Style::default();
    let (red, green, cyan, yellow, grey) = (ink(1), ink(2), ink(6), ink(3), ink(8));
    let shaded = |style: Style, ground| Style { background: ground, ..style };
    let (minus, plus) = (shaded(red, Color::Rgb(0x37, 0x20, 0x25)), shaded(green, Color::Rgb(0x1e, 0x30, 0x22)));
    let edge = "─".repeat(usize::from(columns).saturating_sub(2));
    let inside = " ".repeat(usize::from(columns).saturating_sub(5));
    let mut lines = vec![
        row(&[(bold(plain), "> The lease test fails on a slow machine. Find out why, and fix it.")]),
        row(&[]),
        row(&[(cyan, "● "), (plain, "The deadline is taken before the queue is drained, so a slow drain")]),
        row(&[(plain, "  eats into it. It belongs after the drain.")]),
        row(&[]),
        row(&[(cyan, "● "), (bold(plain), "Edit "), (plain, "src/lock/lease.rs")]),
        row(&[(grey, "    40    "), (plain, "fn grant(&mut self, waiter: Waiter) -> Lease {")]),
        row(&[(minus, "    41 -      let until = self.clock.now() + self.span;          ")]),
        row(&[(grey, "    42        "), (plain, "self.drain(&waiter);")]),
        row(&[(plus, "    43 +      let until = self.clock.now() + self.span;          ")]),
        row(&[(grey, "    44        "), (plain, "self.lease(waiter, until)")]),
        row(&[]),
        row(&[(cyan, "● "), (bold(plain), "Run "), (plain, "cargo test lease")]),
        row(&[(grey, "    test lock::lease::deadline_after_drain ... "), (green, "ok")]),
        row(&[(grey, "    test lock::lease::scopes_named_"), (grey, "日本語"), (grey, " ... "), (green, "ok")]),
        row(&[(plain, "    test result: "), (green, "ok"), (plain, ". 12 passed; 0 failed; finished in 0.84s")]),
        row(&[]),
        row(&[
            (yellow, "✳ "),
            (plain, "Running the whole suite "),
            (green, "━━━━━━━━━━━━━━━━"),
            (grey, "━━━━━━━━ 99/148"),
        ]),
        row(&[]),
        row(&[(grey, "╭"), (grey, &edge), (grey, "╮")]),
        row(&[(grey, "│"), (plain, " > "), (plain, &inside), (grey, "│")]),
        row(&[(grey, "╰"), (grey, &edge), (grey, "╯")]),
    ];
    lines.resize(usize::from(rows), row(&[]));
    Frame {
        seq: 8,
        rows: lines,
        title: "lease deadline".to_owned(),
        history_lines: 1_200,
        ..Frame::blank(Size { columns, rows })
    }
}

fn small_screen(agent: &Agent) -> Frame {
    let mut frame = Frame::blank(Size { columns: 72, rows: 12 });
    frame.seq = 1;
    frame.rows[0] = row(&[(bold(ink(2)), "$ "), (Style::default(), &agent.command)]);
    frame.rows[1] = row(&[(Style::default(), &agent.last_line)]);
    frame.cursor.row = 2;
    frame
}

/// Returns lines from above the selected agent's screen.
pub fn history(lines: u32) -> Vec<Arc<Row>> {
    (0..lines)
        .map(|line| match line % 40 {
            17 => row(&[(ink(1), "error"), (Style::default(), &format!(": lease {line} is stale"))]),
            _ => row(&[(ink(8), &format!("{line:>5} ")), (Style::default(), "granted src/parser to builder")]),
        })
        .collect()
}
