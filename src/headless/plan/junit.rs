//! JUnit XML, as continuous integration reads it (<https://github.com/testmoapp/junitxml>): a case for each task.

use super::card::{Came, Card, ending, took};
use crate::api::plans::PlanNode;
use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;
use std::io;

type Xml = Writer<Vec<u8>>;

/// The report as a document.
///
/// # Errors
/// None that happens: it is written into memory.
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
    xml.create_element("testsuite")
        .with_attributes(counts.attributes(&name).iter().map(pair))
        .write_inner_content(|xml| card.detail.nodes.iter().try_for_each(|node| case(xml, card, node, &name)))?;
    Ok(())
}

fn case(xml: &mut Xml, card: &Card<'_>, node: &PlanNode, plan: &str) -> io::Result<()> {
    let time = node.task.as_ref().map_or(0.0, |task| took(task).as_secs_f64());
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
        Came::Passed => {
            case.write_inner_content(|xml| {
                xml.create_element("skipped").with_attribute(("message", said.as_str())).write_empty()?;
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// What the heads of the document say.
struct Counts {
    tests: usize,
    failures: usize,
    skipped: usize,
    secs: f64,
}

impl Counts {
    fn of(card: &Card<'_>) -> Counts {
        Counts {
            tests: card.detail.nodes.len(),
            failures: card.count(Came::Failed),
            skipped: card.count(Came::Passed),
            secs: card.took.as_secs_f64(),
        }
    }

    fn attributes(&self, name: &str) -> [(&'static str, String); 6] {
        [
            ("name", name.to_owned()),
            ("tests", self.tests.to_string()),
            ("failures", self.failures.to_string()),
            ("errors", "0".to_owned()),
            ("skipped", self.skipped.to_string()),
            ("time", format!("{:.3}", self.secs)),
        ]
    }
}

fn pair<'a>((name, value): &'a (&'static str, String)) -> (&'a str, &'a str) {
    (name, value)
}

/// A text without the characters that no XML document may hold (XML 1.0, section 2.2), however they are escaped.
fn fit(text: &str) -> String {
    let allowed = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if allowed(&c) { c } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::card::Card;
    use super::super::summary::tests::detail;
    use super::*;
    use crate::report::exit::Exit;
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

    proptest! {
        #[test]
        fn no_text_makes_it_invalid(name in "\\PC{0,8}|.{0,8}", summary in any::<String>(), output in any::<String>()) {
            let text = written(&name, &summary, &output);
            prop_assert!(roxmltree::Document::parse(&text).is_ok(), "{text}");
        }
    }
}
