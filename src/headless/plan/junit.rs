//! The report in JUnit XML for continuous integration (<https://github.com/testmoapp/junitxml>), with one test case for
//! each task.
//!
//! **Invariant:** the report shows success only when `qd` ends with 0 (`no_ending_but_0_is_green`).

use super::card::{Came, Card, ending, took};
use crate::api::plans::PlanNode;
use crate::report::exit::Exit;
use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;
use std::io;

type Xml = Writer<Vec<u8>>;

/// Returns the report as an XML document.
///
/// # Errors
/// No error occurs in practice, since the report is written into memory.
pub(super) fn report(card: &Card<'_>) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let counts = Counts::of(card);
    xml.create_element("testsuites")
        .with_attributes(counts.attributes(&fit(&card.detail.plan.name)).iter().map(pair))
        .write_inner_content(|xml| suite(xml, card, &counts))?;
    let mut document = xml.into_inner();
    document.push(b'\n');
    Ok(document)
}

fn suite(xml: &mut Xml, card: &Card<'_>, counts: &Counts) -> io::Result<()> {
    let name = fit(&card.detail.plan.name);
    xml.create_element("testsuite").with_attributes(counts.attributes(&name).iter().map(pair)).write_inner_content(
        |xml| {
            card.detail.nodes.iter().try_for_each(|node| case(xml, card, node, &name))?;
            if counts.of_plan { whole(xml, card, &name) } else { Ok(()) }
        },
    )?;
    Ok(())
}

/// Adds the plan itself as a test case, when none of its tasks shows that the plan did not succeed.
fn whole(xml: &mut Xml, card: &Card<'_>, plan: &str) -> io::Result<()> {
    let time = format!("{:.3}", card.took.as_secs_f64());
    let message = match card.cut {
        Some(reason) => format!("cut short: {}", fit(reason)),
        None => fit(&card.headline()),
    };
    let attributes = [("name", plan.to_owned()), ("classname", plan.to_owned()), ("time", time)];
    xml.create_element("testcase").with_attributes(attributes.iter().map(pair)).write_inner_content(|xml| {
        xml.create_element("error").with_attribute(("message", message.as_str())).write_empty()?;
        Ok(())
    })?;
    Ok(())
}

fn case(xml: &mut Xml, card: &Card<'_>, node: &PlanNode, plan: &str) -> io::Result<()> {
    let time = node.task.as_ref().map_or(0.0, |task| took(task, card.now_ms).as_secs_f64());
    let attributes = [("name", fit(&node.name)), ("classname", plan.to_owned()), ("time", format!("{time:.3}"))];
    let case = xml.create_element("testcase").with_attributes(attributes.iter().map(pair));
    let said = fit(&ending(node));
    match Came::of(node) {
        Came::Verified | Came::Unverified => {
            case.write_inner_content(|xml| {
                xml.create_element("system-out").write_text_content(BytesText::new(&said))?;
                Ok(())
            })?;
        }
        Came::Failed => {
            let output = card.failed.iter().find(|(name, _)| *name == node.name).map(|(_, output)| fit(output));
            case.write_inner_content(|xml| {
                let failure = xml.create_element("failure").with_attribute(("message", said.as_str()));
                failure.write_text_content(BytesText::new(output.as_deref().unwrap_or(&said)))?;
                Ok(())
            })?;
        }
        Came::CutShort => {
            let why = card.cut.map_or_else(|| said.clone(), fit);
            case.write_inner_content(|xml| {
                let error = xml.create_element("error").with_attribute(("message", said.as_str()));
                error.write_text_content(BytesText::new(&why))?;
                Ok(())
            })?;
        }
        Came::Passed => {
            case.write_inner_content(|xml| {
                xml.create_element("skipped").with_attribute(("message", said.as_str())).write_empty()?;
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// The counts in the head of the document.
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    secs: f64,
    /// Whether the plan itself is a test case.
    of_plan: bool,
}

impl Counts {
    fn of(card: &Card<'_>) -> Counts {
        let (failures, cut_short) = (card.count(Came::Failed), card.count(Came::CutShort));
        let of_plan = card.exit != Exit::Ok && failures + cut_short == 0;
        Counts {
            tests: card.detail.nodes.len() + usize::from(of_plan),
            failures,
            errors: cut_short + usize::from(of_plan),
            of_plan,
            skipped: card.count(Came::Passed),
            secs: card.took.as_secs_f64(),
        }
    }

    fn attributes(&self, name: &str) -> [(&'static str, String); 6] {
        [
            ("name", name.to_owned()),
            ("tests", self.tests.to_string()),
            ("failures", self.failures.to_string()),
            ("errors", self.errors.to_string()),
            ("skipped", self.skipped.to_string()),
            ("time", format!("{:.3}", self.secs)),
        ]
    }
}

fn pair<'a>((name, value): &'a (&'static str, String)) -> (&'a str, &'a str) {
    (name, value)
}

/// Returns a text without the characters that no XML document may contain, not even escaped (XML 1.0, section 2.2).
fn fit(text: &str) -> String {
    let allowed = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if allowed(&c) { c } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::card::Card;
    use super::super::summary::tests::detail;
    use super::*;
    use crate::api::tasks::{TaskState, Verified};
    use proptest::prelude::*;
    use std::time::Duration;

    fn written(name: &str, summary: &str, output: &str) -> String {
        let detail = detail(name, summary);
        let failed = vec![(format!("{name}[2]"), output.to_owned())];
        let card = Card {
            detail: &detail,
            failed: &failed,
            left: &[],
            exit: Exit::TaskFailed,
            cut: None,
            took: Duration::from_secs(3),
            now_ms: 9_000,
        };
        String::from_utf8(report(&card).expect("memory")).expect("UTF-8")
    }

    #[test]
    fn a_parser_reads_what_was_written() {
        let text = written("a<b>&\"'", "failed: exit 1 <&>", "line 1\n]]> \u{1b}[31mred");
        let document = roxmltree::Document::parse(&text).expect("XML");
        let suite = document.root_element().first_element_child().expect("a suite");
        assert_eq!((suite.tag_name().name(), suite.attribute("tests")), ("testsuite", Some("4")));
        assert_eq!((suite.attribute("failures"), suite.attribute("skipped")), (Some("1"), Some("2")));
        let cases: Vec<_> = suite.children().filter(|child| child.has_tag_name("testcase")).collect();
        assert_eq!(cases[1].attribute("name"), Some("a<b>&\"'[2]"));
        assert_eq!(cases[1].attribute("time"), Some("1.500"));
        let failure = cases[1].first_element_child().expect("a failure");
        assert_eq!(failure.attribute("message"), Some("failed: exit 1 <&>"));
        assert_eq!(failure.text(), Some("line 1\n]]> \u{fffd}[31mred"));
        assert!(cases[2].first_element_child().is_some_and(|child| child.has_tag_name("skipped")));
    }

    /// Tries every exit code with every state of two tasks: every result that is not a success has an error or a
    /// failure, and every task that began has its time.
    #[test]
    fn no_ending_but_0_is_green() {
        use TaskState::{Cancelled, Done, Failed, Held, Queued, Running};
        for (exit, _) in Exit::TABLE {
            for state in [None, Some(Held), Some(Queued), Some(Running), Some(Done), Some(Failed), Some(Cancelled)] {
                for started_ms in [None, Some(1_500)] {
                    let mut detail = detail("ci", "ended");
                    detail.nodes.truncate(1);
                    let node = &mut detail.nodes[0];
                    let over = matches!(state, Some(Done | Failed | Cancelled));
                    match (&mut node.task, state) {
                        (Some(task), Some(state)) => {
                            (task.state, task.started_ms) = (state, started_ms);
                            task.verified = (state == Done).then_some(Verified::Verified);
                            task.ended_ms = over.then_some(4_500);
                        }
                        (task, _) => *task = None,
                    }
                    for cut in [None, Some("its time limit has passed")] {
                        let took = Duration::from_secs(3);
                        let card = Card { detail: &detail, failed: &[], left: &[], exit, cut, took, now_ms: 4_500 };
                        let text = String::from_utf8(report(&card).expect("memory")).expect("UTF-8");
                        let document = roxmltree::Document::parse(&text).expect("XML");
                        let count = |tag| document.descendants().filter(|node| node.has_tag_name(tag)).count();
                        let (errors, failures) = (count("error"), count("failure"));
                        assert!(exit == Exit::Ok || errors + failures > 0, "{exit:?} {state:?}\n{text}");
                        let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).expect("it");
                        let said = ["errors", "failures", "tests"].map(|key| suite.attribute(key).map(str::to_owned));
                        let is = [errors, failures, count("testcase")].map(|count| Some(count.to_string()));
                        assert_eq!(said, is, "{text}");
                        if started_ms.is_some() && state == Some(Running) {
                            assert!(
                                text.contains("time=\"3.000\"") && text.contains("message=\"cut short: "),
                                "{text}"
                            );
                        }
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_invalid(name in "\\PC{0,8}|.{0,8}", summary in any::<String>(), output in any::<String>()) {
            let text = written(&name, &summary, &output);
            prop_assert!(roxmltree::Document::parse(&text).is_ok(), "{text}");
        }
    }
}
