//! Errors as the user sees them: what failed, its causes, and what to do about it.

use super::color::Colors;
use super::exit::Exit;
use super::output::{Tone, painted};
use crate::client::ClientError;
use crate::place::PlaceError;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// The beginning of a printed error; it is red where there are colours, like clap's own.
const ERROR: &str = "error:";

/// An error as it is printed, and its exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code with which `qd` ends.
    pub exit: Exit,
    what: String,
    causes: Vec<String>,
    hint: Option<String>,
    form: Form,
}

/// The form of the error's first text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The text is a sentence.
    Sentence,
    /// The text is a drawing of the place in a file, which begins with `error:` itself.
    Drawn,
}

impl Failure {
    /// Creates an error with an exit code and what failed.
    pub fn new(exit: Exit, what: impl Into<String>) -> Failure {
        Failure { exit, what: what.into(), causes: Vec::new(), hint: None, form: Form::Sentence }
    }

    /// Creates an error for a wrong configuration; `drawn` shows the place, as [`crate::config::ConfigErrors`] draws
    /// it.
    pub fn configuration(drawn: &str) -> Failure {
        Failure { form: Form::Drawn, ..Failure::new(Exit::Usage, drawn.trim_end()) }
    }

    /// Adds a cause to the error; the innermost cause is added last.
    pub fn because(mut self, cause: impl Display) -> Failure {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds a hint on what to do about the error.
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }

    /// Returns what failed, without its causes.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Prints the error on standard error. If standard error is closed too, nothing more can be done.
    pub fn report(&self) {
        let stderr = io::stderr();
        let _ = self.print(&mut stderr.lock(), Colors::on(&stderr));
    }

    /// Prints the error. Nothing is printed when the reader of our output went away: that is how a pipe ends.
    ///
    /// # Errors
    /// An error of the writer is returned.
    pub fn print(&self, out: &mut dyn Write, colors: Colors) -> io::Result<()> {
        if self.what.is_empty() {
            return Ok(());
        }
        match self.form {
            Form::Sentence => writeln!(out, "{} {}", painted(ERROR, Tone::Bad, colors), self.what)?,
            Form::Drawn => self.what.lines().try_for_each(|line| match line.strip_prefix(ERROR) {
                Some(rest) => writeln!(out, "{}{rest}", painted(ERROR, Tone::Bad, colors)),
                None => writeln!(out, "{line}"),
            })?,
        }
        self.causes.iter().try_for_each(|cause| match cause.contains('\n') {
            true => {
                writeln!(out, "  caused by:")?;
                cause.trim_end().lines().try_for_each(|line| writeln!(out, "{}", format!("    {line}").trim_end()))
            }
            false => writeln!(out, "  caused by: {cause}"),
        })?;
        self.hint.iter().try_for_each(|hint| writeln!(out, "  hint: {hint}"))
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        // A supervisor's text that begins with `error:` shows the place of a mistake in the configuration.
        if let ClientError::CannotStart { why } = &error
            && why.starts_with("error: ")
        {
            return Failure::configuration(why);
        }
        let exit = match &error {
            ClientError::NotRunning { .. } | ClientError::Stale { .. } | ClientError::Silent { .. } => Exit::NotRunning,
            ClientError::Problem(problem) if problem.status == 400 => Exit::Usage,
            ClientError::Problem(problem) if problem.status < 500 => Exit::Refused,
            ClientError::Place(PlaceError::NoConfig { .. } | PlaceError::Unreadable { .. }) => Exit::Usage,
            _ => Exit::Failed,
        };
        Failure { causes: error.causes(), hint: error.hint(), ..Failure::new(exit, error.to_string()) }
    }
}

impl From<PlaceError> for Failure {
    fn from(error: PlaceError) -> Failure {
        ClientError::from(error).into()
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            ErrorKind::BrokenPipe => Failure::new(Exit::Ok, ""),
            _ => Failure::new(Exit::Failed, "cannot write the output").because(error),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        io::Error::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::error::Problem;

    fn printed(failure: &Failure) -> String {
        let mut out = Vec::new();
        failure.print(&mut out, Colors::Plain).expect("a vector takes everything");
        String::from_utf8(out).expect("text")
    }

    fn problem(status: u16) -> Failure {
        let (code, what, why) = ("not_paused".into(), "cannot resume a".into(), "it is not paused".into());
        ClientError::Problem(Problem { status, code, what, why, hint: Some("`qd ps` shows it".into()) }).into()
    }

    #[test]
    fn what_failed_why_and_what_to_do() {
        let text = "error: cannot resume a\n  caused by: it is not paused\n  hint: `qd ps` shows it\n";
        assert_eq!(printed(&problem(409)), text);
    }

    #[test]
    fn a_drawn_error_is_printed_as_it_is() {
        let why = "error: unknown key `nam`\n --> agents.toml:2:1\n".to_owned();
        let failure = Failure::from(ClientError::CannotStart { why: why.clone() });
        assert_eq!((failure.exit, printed(&failure)), (Exit::Usage, why));
        let failure = Failure::from(ClientError::CannotStart { why: "the disk is on fire".to_owned() });
        assert!(printed(&failure).starts_with("error: the supervisor could not start\n  caused by: the disk"));
        assert_eq!(failure.exit, Exit::Failed);
    }

    #[test]
    fn its_first_word_is_red_where_there_are_colours() {
        let coloured = |failure: Failure| {
            let mut out = Vec::new();
            failure.print(&mut out, Colors::Shown).expect("a vector takes everything");
            String::from_utf8(out).expect("text")
        };
        let red = painted("error:", Tone::Bad, Colors::Shown);
        assert_eq!(coloured(Failure::new(Exit::Failed, "no")), format!("{red} no\n"));
        let drawn = "error: unknown key `nam`\n --> agents.toml:2:1\nerror: another\n";
        assert_eq!(coloured(Failure::configuration(drawn)).matches(&red).count(), 2);
    }

    #[test]
    fn a_cause_of_several_lines_keeps_its_shape() {
        let failure = Failure::new(Exit::Usage, "it could not start").because("unknown key\n\n3 | naem\n");
        assert_eq!(printed(&failure), "error: it could not start\n  caused by:\n    unknown key\n\n    3 | naem\n");
    }

    #[test]
    fn the_status_of_a_problem_becomes_an_exit_code() {
        assert_eq!([400, 404, 409, 500].map(|status| problem(status).exit.code()), [2, 4, 4, 1]);
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let failure = Failure::from(io::Error::from(ErrorKind::BrokenPipe));
        assert_eq!((failure.exit, printed(&failure)), (Exit::Ok, String::new()));
    }
}
