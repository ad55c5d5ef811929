//! s6: one small supervisor process per service, for comparison with one keeper per run.

use super::on_path;
use crate::child;
use crate::outcome::{Doing, Outcome};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// An s6-svscan and its services.
pub(crate) struct S6 {
    directory: TempDir,
    scanner: Option<Child>,
}

impl S6 {
    /// Makes this many services that all run this child. Nothing runs until [`S6::start`].
    pub(crate) fn new(count: usize, program: &[&str]) -> Outcome<S6> {
        on_path("s6-svscan").ok_or("s6 is not installed")?;
        let directory = TempDir::new()?;
        let words: Vec<String> = child::command_line(program).iter().map(|word| format!("'{word}'")).collect();
        let script = format!("#!/bin/sh\nexec {}\n", words.join(" "));
        for number in 0..count {
            let service = directory.path().join(format!("service-{number:03}"));
            fs::create_dir(&service)?;
            fs::write(service.join("run"), &script)?;
            fs::set_permissions(service.join("run"), Permissions::from_mode(0o755))?;
        }
        Ok(S6 { directory, scanner: None })
    }

    /// Starts the scanner, which starts all services.
    pub(crate) fn start(&mut self) -> Outcome<()> {
        let mut command = Command::new("s6-svscan");
        command.arg(self.directory.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.scanner = Some(command.spawn().doing("s6-svscan")?);
        Ok(())
    }

    /// Returns the ids of the services' supervisors.
    pub(crate) fn supervisors(&self) -> Vec<u32> {
        let scanner = self.scanner.as_ref().map_or(0, Child::id);
        crate::measure::processes("s6-supervise", "").into_iter().filter(|pid| parent_is(*pid, scanner)).collect()
    }
}

fn parent_is(pid: u32, parent: u32) -> bool {
    crate::measure::parent(pid) == Some(parent)
}

impl Drop for S6 {
    fn drop(&mut self) {
        let Some(scanner) = &mut self.scanner else { return };
        let _ = Command::new("s6-svscanctl").arg("-t").arg(self.directory.path()).status();
        let _ = scanner.wait();
    }
}
